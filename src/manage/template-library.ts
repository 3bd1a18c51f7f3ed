/** The layouts and partials of a template, where some of them are not stored yet. */

import type { TemplateDefinition } from '../core/template.ts';
import { usedNames } from '../message/templates/used-names.ts';

export interface LibrarySources {
  /** What goes before the stored one of that name. */
  planned(name: string): Promise<TemplateDefinition | undefined> | TemplateDefinition | undefined;
  /** These as they are published, with what they are made with. */
  stored(names: readonly string[]): Promise<readonly TemplateDefinition[]>;
}

/** Those that it names, and those that these name. */
export async function gatherLibrary(
  definition: TemplateDefinition,
  { planned, stored }: LibrarySources,
): Promise<readonly TemplateDefinition[]> {
  const known = new Map<string, TemplateDefinition>();
  const library = new Map<string, TemplateDefinition>();
  let names = usedNames(definition);
  while (names.length > 0) {
    const unknown = names.filter((name) => !known.has(name));
    for (const one of unknown.length === 0 ? [] : await stored(unknown)) {
      if (!known.has(one.name)) known.set(one.name, one);
    }
    const found: TemplateDefinition[] = [];
    for (const name of names) {
      const one = (await planned(name)) ?? known.get(name);
      if (one === undefined || library.has(name)) continue;
      library.set(name, one);
      found.push(one);
    }
    names = found.flatMap(usedNames).filter((name) => !library.has(name));
  }
  return [...library.values()];
}
