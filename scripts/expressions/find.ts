/** Every regular expression of src/, found in the syntax tree: literals, and the calls where one is made of text. */

import { globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { parse } from 'acorn';

export interface Found {
  /** Such as `src/core/ids.ts`. */
  readonly file: string;
  /** As it is written, `/pattern/flags`; `new RegExp` where it is made of text. */
  readonly expression: string;
}

const root = join(import.meta.dirname, '../..');

export function findExpressions(): readonly Found[] {
  return globSync('src/**/*.ts', { cwd: root })
    .filter((file) => !/\.(test|suite|testing|d)\.ts$/.test(file))
    .toSorted()
    .flatMap((file) =>
      expressionsOf(readFileSync(join(root, file), 'utf8')).map((expression) => ({ file, expression })),
    );
}

export function expressionsOf(source: string): readonly string[] {
  const tree = parse(stripTypeScriptTypes(source), { ecmaVersion: 'latest', sourceType: 'module' });
  const found: string[] = [];
  walk(tree, (node) => {
    const { type, regex, callee } = node as { type: string; regex?: Regex; callee?: { name?: string } };
    if (type === 'Literal' && regex) found.push(`/${regex.pattern}/${regex.flags}`);
    if ((type === 'NewExpression' || type === 'CallExpression') && callee?.name === 'RegExp') found.push(MADE_OF_TEXT);
  });
  return found;
}

export const MADE_OF_TEXT = 'new RegExp';

interface Regex {
  readonly pattern: string;
  readonly flags: string;
}

function walk(node: unknown, visit: (node: object) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node) visit(node);
  for (const inner of Object.values(node)) walk(inner, visit);
}
