/** What the author of a template should look at, though it can be sent. */

import type { TemplateDefinition, TemplateWarning } from '../../core/template.ts';
import { clientWarnings } from '../preview/features.ts';
import type { CompiledTemplate } from './compile.ts';

/** Gmail shows no more of a mail than this, with a link to the rest. */
const GMAIL_CLIPS = 102 * 1024;

export interface Warned {
  readonly definition: TemplateDefinition;
  readonly compiled: CompiledTemplate;
  /** As it was rendered. */
  readonly html: string | undefined;
}

export function warningsOf({ definition, compiled, html }: Warned): readonly TemplateWarning[] {
  return [...ofVariables(definition, compiled), ...ofParts(compiled), ...(html === undefined ? [] : ofHtml(html))];
}

function ofVariables({ variables }: TemplateDefinition, { uses }: CompiledTemplate): readonly TemplateWarning[] {
  const declared = new Set(variables.map(({ name }) => name));
  const used = new Map(Object.values(uses).flatMap((one) => [...one.variables]));
  const undeclared = [...used.values()].filter(
    ({ name }) => !declared.has(name) && name !== 'brand' && name !== 'system',
  );
  const unused = variables.filter(({ name }) => !used.has(name));
  return [
    ...undeclared.map(({ name, place }) => ({
      code: 'variable_undeclared',
      message: `"${name}" is used and not declared${place === undefined ? '' : ` (${place.source}, line ${place.line})`}`,
      ...(place?.source === 'html' && { line: place.line }),
    })),
    ...unused.map(({ name }) => ({ code: 'variable_unused', message: `"${name}" is declared and not used` })),
  ];
}

function ofParts({ fields }: CompiledTemplate): readonly TemplateWarning[] {
  if (fields.html === undefined || fields.text !== undefined) return [];
  return [{ code: 'text_missing', message: 'there is no text part; one is made of the HTML' }];
}

function ofHtml(html: string): readonly TemplateWarning[] {
  const size = Buffer.byteLength(html);
  const clipped = `the HTML has ${Math.ceil(size / 1024)} kB; Gmail shows no more than 102 kB`;
  return [
    ...(size > GMAIL_CLIPS ? [{ code: 'html_clipped', message: clipped }] : []),
    ...clientWarnings(html).map(({ feature, missingIn }) => ({
      code: 'css_unsupported',
      message: `${feature} is not shown by ${missingIn.join(', ')}`,
    })),
  ];
}
