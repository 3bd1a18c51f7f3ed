/** What differs between two versions of a template, field by field. */

import * as z from 'zod';
import { diffLines } from '../core/line-diff.ts';
import type { TemplateDefinition } from '../core/template.ts';

export const templateDiffShape = z.strictObject({
  name: z.string(),
  from: z.int(),
  to: z.int(),
  fields: z
    .array(
      z.strictObject({
        path: z.string().describe('Such as `html`, `variables`, `locales.de.subject`'),
        lines: z.array(z.strictObject({ kind: z.enum(['same', 'out', 'in']), text: z.string() })),
      }),
    )
    .describe('Those that differ'),
});

type Fields = z.output<typeof templateDiffShape>['fields'];

export function diffTemplates(before: TemplateDefinition, after: TemplateDefinition): Fields {
  const [a, b] = [textsOf(before), textsOf(after)];
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((path) => {
    const [from = '', to = ''] = [a.get(path), b.get(path)];
    return from === to ? [] : [{ path, lines: [...diffLines(from, to)] }];
  });
}

function textsOf({ name: _name, variables, locales, ...fields }: TemplateDefinition): ReadonlyMap<string, string> {
  const inLocales = Object.entries(locales).flatMap(([locale, content]) =>
    Object.entries(content).map(([path, text]) => [`locales.${locale}.${path}`, text] as const),
  );
  const own = Object.entries(fields).map(([path, value]) => [path, String(value)] as const);
  const declared = variables.map((one) => `${JSON.stringify(one)}\n`).join('');
  return new Map([...own, ['variables', declared], ...inLocales]);
}
