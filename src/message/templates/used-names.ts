/** The layouts and partials that a template names, found without reading it: so that they can be fetched before it is compiled. */

import type { TemplateDefinition } from '../../core/template.ts';

const PARTIAL = /\{~?>[ \t\r\n]{0,20}["']?([a-z0-9][a-z0-9._-]{0,127})/g;
const IN_GO = /\btemplate[ \t\r\n]{1,20}["`]([a-z0-9][a-z0-9._-]{0,127})["`]/g;

/** More than it uses where a comment names one; those that these use are found in them. */
export function usedNames(definition: TemplateDefinition): readonly string[] {
  const names = new Set<string>(definition.layout === undefined ? [] : [definition.layout]);
  for (const content of [definition, ...Object.values(definition.locales)]) {
    for (const source of [content.subject, content.preheader, content.html, content.text]) {
      for (const [, name = ''] of source?.matchAll(definition.syntax === 'go' ? IN_GO : PARTIAL) ?? []) names.add(name);
    }
  }
  return [...names];
}
