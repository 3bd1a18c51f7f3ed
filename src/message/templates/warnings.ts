/** What the author of a template should look at, though it can be sent. */

import type { TemplateDefinition, TemplateWarning } from '../../core/template.ts';
import { MAX_DEPTH, TooDeep } from '../preview/clean-html.ts';
import { clientWarnings } from '../preview/features.ts';
import type { CompiledTemplate } from './compile.ts';
import { lineOf, visitTags } from './html/tags.ts';

/** Gmail shows no more of a mail than this, with a link to the rest. */
const GMAIL_CLIPS = 102 * 1024;

export interface Warned {
  readonly definition: TemplateDefinition;
  readonly compiled: CompiledTemplate;
  /** As it was rendered. */
  readonly html: string | undefined;
}

export function warningsOf({ definition, compiled, html }: Warned): readonly TemplateWarning[] {
  return [
    ...ofVariables(definition, compiled),
    ...ofParts(compiled),
    ...ofTags(definition, compiled),
    ...(html === undefined ? [] : ofHtml(html)),
  ];
}

function ofVariables({ variables }: TemplateDefinition, { uses }: CompiledTemplate): readonly TemplateWarning[] {
  const declared = new Set(variables.map(({ name }) => name));
  const used = new Map(Object.values(uses).flatMap((one) => [...one.variables]));
  const undeclared = [...used.values()].filter(
    ({ name }) => !declared.has(name) && name !== 'brand' && name !== 'system',
  );
  const unused = variables.filter(({ name }) => !used.has(name));
  return [
    ...undeclared.map(({ name, place }) => {
      const isInHtml = place?.source === 'html';
      const where = place === undefined || isInHtml ? '' : ` (${place.source}, line ${place.line})`;
      return {
        ...{ code: 'variable_undeclared', message: `"${name}" is used and not declared${where}` },
        ...(isInHtml && { line: place.line }),
      };
    }),
    ...unused.map(({ name }) => ({ code: 'variable_unused', message: `"${name}" is declared and not used` })),
  ];
}

function ofParts({ fields }: CompiledTemplate): readonly TemplateWarning[] {
  if (fields.html === undefined || fields.text !== undefined) return [];
  return [{ code: 'text_missing', message: 'there is no text part; one is made of the HTML' }];
}

/** Where they lead nowhere yet. */
const PLACEHOLDER =
  /^(?:#?|#!|javascript:.*|https?:\/\/(?:www\.)?(?:example\.(?:com|org|net)|localhost|todo)(?:[:/].*)?|todo|xxx+)$/i;

/** Of links and pictures, as they stand in the template. */
function ofTags({ mjml }: TemplateDefinition, { fields }: CompiledTemplate): readonly TemplateWarning[] {
  const found: TemplateWarning[] = [];
  visitTags(fields.html?.nodes ?? [], {
    opened({ name, attributes, start }) {
      const isOwn = start.node.place.source === 'html' && mjml !== true;
      const add = (code: string, message: string) => {
        const where = isOwn || mjml === true ? '' : ` (${start.node.place.source}, line ${lineOf(start)})`;
        found.push({ code, message: message + where, ...(isOwn && { line: lineOf(start) }) });
      };
      if (name === 'img' && !attributes.has('alt'))
        add('image_without_alt', 'a picture has no alt; alt="" is right for one that only decorates');
      const href = name === 'a' || name === 'area' ? attributes.get('href') : undefined;
      const [first = '', ...rest] = href?.pieces ?? [];
      if (href === undefined || typeof first !== 'string' || (first === '' && rest.length > 0)) return;
      const shown = JSON.stringify(first.slice(0, 60));
      if (rest.length === 0 && PLACEHOLDER.test(first.trim()))
        add('link_placeholder', `a link leads to the placeholder ${shown}`);
      else if (!/^\s*(?:[a-z][a-z\d+.-]*:|#)/i.test(first))
        add('link_without_scheme', `a link has no scheme: ${shown}; it begins with https:`);
    },
  });
  return found;
}

function ofHtml(html: string): readonly TemplateWarning[] {
  const size = Buffer.byteLength(html);
  const clipped = `the HTML has ${Math.ceil(size / 1024)} kB; Gmail shows no more than 102 kB`;
  return [...(size > GMAIL_CLIPS ? [{ code: 'html_clipped', message: clipped }] : []), ...ofClients(html)];
}

function ofClients(html: string): readonly TemplateWarning[] {
  try {
    return clientWarnings(html).map(({ feature, missingIn }) => ({
      code: 'css_unsupported',
      message: `${feature} is not shown by ${missingIn.join(', ')}`,
    }));
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    const message = `more than ${MAX_DEPTH} elements are nested in one another; a tag may not be closed`;
    return [{ code: 'html_deep', message }];
  }
}
