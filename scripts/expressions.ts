/**
 * `npm run check`: every regular expression of src/ takes time that grows with its input and no faster, by the word of
 * recheck. A word takes up to a few seconds, so what was looked at stands in expressions/linear.json; `--write`, which
 * `npm run fix` gives, looks at what is new.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExpressions, MADE_OF_TEXT } from './expressions/find.ts';
import { isMarked, marked } from './expressions/marked.ts';

const LIST = join(import.meta.dirname, 'expressions/linear.json');
const TIMEOUT_MS = 30_000;

const isWriting = process.argv.includes('--write');
const linear = new Set<string>(JSON.parse(readFileSync(LIST, 'utf8')));
const found = findExpressions();
const looked = found.filter((one) => !isMarked(one));

for (const { file, expression } of looked) {
  if (linear.has(expression)) continue;
  const fault = isWriting ? await faultOf(expression) : 'is new; `npm run fix` looks at it';
  if (fault === undefined) linear.add(expression);
  else complain(`${file}: ${expression} ${fault}`);
}
for (const mark of marked) {
  const stands = found.some((one) => one.file === mark.file && (mark.expression ?? one.expression) === one.expression);
  if (!stands) complain(`scripts/expressions/marked.ts: ${mark.file} has no such expression any more`);
}
if (isWriting) {
  const kept = [...new Set(looked.map(({ expression }) => expression))].filter((expression) => linear.has(expression));
  writeFileSync(LIST, `${JSON.stringify(kept.toSorted(), null, 2)}\n`);
}

function complain(text: string): void {
  console.error(text);
  process.exitCode = 1;
}

/** Undefined: it is linear. */
async function faultOf(expression: string): Promise<string | undefined> {
  if (expression === MADE_OF_TEXT) return 'is made of text: mark it in scripts/expressions/marked.ts';
  // Its other forms are a binary and a Java archive; this one is JavaScript and says the same everywhere.
  process.env.RECHECK_BACKEND = 'pure';
  const { checkSync } = await import('recheck');
  const end = expression.lastIndexOf('/');
  const verdict = checkSync(expression.slice(1, end), expression.slice(end + 1), { timeout: TIMEOUT_MS });
  if (verdict.status === 'safe') return undefined;
  const mend = 'write one that is linear, or mark it in scripts/expressions/marked.ts and say why';
  if (verdict.status === 'unknown') return `was not settled (${verdict.error.kind}): ${mend}`;
  return `is ${verdict.complexity.summary} (${verdict.attack.pattern}): ${mend}`;
}
