/** How large a page of the dashboard is on the wire, from the files that the build wrote. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const folder = join(import.meta.dirname, '../../dist/ui');

export interface Sizes {
  /** Bytes, gzip, of what every page loads. */
  readonly first: number;
  /** By the name of its file: the same with all that the page loads besides. */
  readonly pages: ReadonlyMap<string, number>;
}

export function sizesOf(): Sizes {
  const sizes = new Map(
    readdirSync(folder)
      .filter((name) => name.endsWith('.gz'))
      .map((name) => [name.slice(0, -3), readFileSync(join(folder, name)).length] as const),
  );
  const textOf = (name: string) => gunzipSync(readFileSync(join(folder, `${name}.gz`))).toString('utf8');
  const sizeOf = (names: Iterable<string>) => [...names].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  /** With all that they import from the start. */
  const withImports = (names: readonly string[], seen = new Set<string>()): ReadonlySet<string> => {
    for (const name of names) {
      if (seen.has(name)) continue;
      seen.add(name);
      if (name.endsWith('.js')) withImports(staticImports(textOf(name)), seen);
    }
    return seen;
  };
  const page = textOf('index.html');
  const begun = withImports(['index.html', ...[...sizes.keys()].filter((name) => page.includes(name))]);
  const late = [...sizes.keys()].filter((name) => name.endsWith('.js') && !begun.has(name));
  const pages = late.map((name) => [name, sizeOf(withImports([name], new Set(begun)))] as const);
  return { first: sizeOf(begun), pages: new Map(pages) };
}

function staticImports(text: string): readonly string[] {
  return [...text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)].map(([, name = '']) => name);
}
