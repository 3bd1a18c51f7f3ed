/** What is wrong with a template, before it is stored: all faults of it, in each locale. */

import type { TemplateDefinition, TemplateFault } from '../../core/template.ts';
import { invalidName } from './check-names.ts';
import { defaultFaults } from './check-variables.ts';
import type { Compile } from './compile.ts';

const MAX_FAULTS = 50;

export async function checkTemplate(
  compile: Compile,
  { definition, library }: { readonly definition: TemplateDefinition; readonly library: readonly TemplateDefinition[] },
): Promise<readonly TemplateFault[]> {
  const faults = [...invalidName(definition), ...defaultFaults(definition.variables)];
  for (const locale of [undefined, ...Object.keys(definition.locales)]) {
    faults.push(...(await compile({ definition, library, locale })).faults);
  }
  const said = new Set<string>();
  const different = faults.filter((fault) => {
    const key = JSON.stringify(fault);
    return !said.has(key) && said.add(key);
  });
  return different.slice(0, MAX_FAULTS);
}
