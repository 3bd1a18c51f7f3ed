/**
 * A folder of templates: for each one a folder of its name with `template.yaml`, `subject.hbs`, `html.hbs` (or `.mjml`, `.gotmpl`),
 * `text.hbs`, and the same in a folder for each language. What stands in files is the source of truth; `push` and `pull` read and write it.
 */

import { parseYaml, writeYaml } from '../config/yaml.ts';
import { parseBody } from '../core/check-input.ts';
import { errorText } from '../core/error-text.ts';
import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import { isRecord } from '../core/is-record.ts';
import type { TemplateContent, TemplateDefinition } from '../core/template.ts';
import { templateBody, toDefinition } from '../manage/template-schema.ts';
import { usedNames } from '../message/templates/used-names.ts';

/** Path within the folder, with `/`, and what the file holds. */
export type TemplateFile = readonly [path: string, text: string];

const DESCRIPTION = 'template.yaml';
const fields = ['subject', 'preheader', 'html', 'text'] as const;
const FILE = /^(subject|preheader|html|text)\.(hbs|gotmpl|mjml)$/;
/** What is meant for a template. */
const SOURCE = /\.(?:hbs|gotmpl|mjml)$/;
/** They are one line, which an editor ends. */
const LINES: ReadonlySet<string> = new Set(['subject', 'preheader']);

/** Whether a name is that of a file of a template. */
export function isTemplateFile(name: string): boolean {
  return name === DESCRIPTION || FILE.test(name);
}

/** Whether a file is meant for a template, by whatever name. */
export function isMeantForTemplate(name: string): boolean {
  return name === DESCRIPTION || SOURCE.test(name);
}

/** In the order in which they can be stored: what others are made with first. Throws `invalid_request`, with the file as path. */
export function readTemplateFiles(files: readonly TemplateFile[]): readonly TemplateDefinition[] {
  const byName = Map.groupBy(files, ([path]) => path.slice(0, Math.max(0, path.indexOf('/'))));
  byName.delete('');
  return inOrder(
    Array.from(byName, ([name, own]) =>
      readTemplate(
        name,
        own.map(([path, text]) => [path.slice(name.length + 1), text]),
      ),
    ),
  );
}

function readTemplate(name: string, files: readonly TemplateFile[]): TemplateDefinition {
  const own: Record<string, unknown> = { name };
  const locales: Record<string, Record<string, string>> = {};
  const kinds = new Set<string>();
  const read = new Map<string, string>();
  for (const [path, text] of files) {
    if (path === DESCRIPTION) {
      Object.assign(own, { name, ...readDescription(`${name}/${path}`, text) });
      if (own.name !== name) throw invalid([{ path: `${name}/${path}`, message: 'name: is that of the folder' }]);
      continue;
    }
    const [first, second] = path.split('/');
    const [, field, ending] = FILE.exec(second ?? first ?? '') ?? [];
    if (field === undefined || ending === undefined) {
      if (!SOURCE.test(path)) continue;
      throw invalid([{ path: `${name}/${path}`, message: `is none of ${fields.join(', ')}` }]);
    }
    const part = path.slice(0, -ending.length);
    const other = read.get(part);
    if (other !== undefined) throw invalid([{ path: `${name}/${path}`, message: `is there as ${other} too` }]);
    read.set(part, path);
    kinds.add(ending);
    const content = LINES.has(field) ? text.replace(/\r?\n$/, '') : text;
    if (second === undefined) own[field] = content;
    else locales[first ?? ''] = { ...locales[first ?? ''], [field]: content };
  }
  if (kinds.has('gotmpl') && (kinds.has('hbs') || kinds.has('mjml'))) {
    throw invalid([{ path: name, message: 'has files of both syntaxes; a template has one' }]);
  }
  if (kinds.has('gotmpl')) own.syntax ??= 'go';
  if (kinds.has('mjml')) own.mjml = true;
  if (Object.keys(locales).length > 0) own.locales = locales;
  return checked(name, own);
}

function readDescription(path: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw invalid([{ path, message: errorText(error) }]);
  }
  if (value === null) return {};
  if (isRecord(value)) return value;
  throw invalid([{ path, message: 'must hold names with values' }]);
}

function checked(name: string, said: unknown): TemplateDefinition {
  try {
    return toDefinition(parseBody(templateBody, said));
  } catch (error) {
    if (!(error instanceof IepError)) throw error;
    throw invalid((error.errors ?? []).map((one) => ({ ...one, path: `${name}: ${one.path}` })));
  }
}

/** What others are made with before them. A circle, which is refused when it is stored, stays as it is. */
export function inOrder(definitions: readonly TemplateDefinition[]): readonly TemplateDefinition[] {
  const byName = new Map(definitions.map((one) => [one.name, one]));
  const done = new Set<TemplateDefinition>();
  const visit = (one: TemplateDefinition, above: readonly TemplateDefinition[]): void => {
    if (done.has(one) || above.includes(one)) return;
    for (const name of usedNames(one)) {
      const used = byName.get(name);
      if (used !== undefined) visit(used, [...above, one]);
    }
    done.add(one);
  };
  for (const one of definitions.toSorted((a, b) => (a.name < b.name ? -1 : 1))) visit(one, []);
  return [...done];
}

/** The files of a template, as `readTemplateFiles` takes them. */
export function templateFiles(definition: TemplateDefinition): readonly TemplateFile[] {
  const { name, syntax, mjml, locales, subject: _s, html: _h, text: _t, preheader: _p, ...described } = definition;
  const { kind, variables, ...rest } = described;
  const description = {
    ...(kind !== 'template' && { kind }),
    ...rest,
    ...(variables.length > 0 && { variables }),
  };
  const ending = syntax === 'go' ? 'gotmpl' : 'hbs';
  const contentFiles = (content: TemplateContent, folder: string) =>
    fields.flatMap((field): TemplateFile[] => {
      const text = content[field];
      if (text === undefined) return [];
      const end = field === 'html' && mjml === true ? 'mjml' : ending;
      return [[`${name}/${folder}${field}.${end}`, LINES.has(field) ? `${text}\n` : text]];
    });
  return [
    [`${name}/${DESCRIPTION}`, Object.keys(description).length === 0 ? '' : writeYaml(description)],
    ...contentFiles(definition, ''),
    ...Object.entries(locales).flatMap(([locale, content]) => contentFiles(content, `${locale}/`)),
  ];
}
