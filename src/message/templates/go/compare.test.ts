/** Go templates compared with the real packages, where Debian's compiler is there (scripts/debian-tools). */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestEngine } from '../templates.testing.ts';
import { goData, inBoth, inHtml, inText, refusedSources } from './cases.testing.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const cache = join(root, '.cache');
const goRoot = join(cache, 'golang-1.19-go', 'usr', 'lib', 'go-1.19');
const program = join(root, 'test', 'go-templates', 'main.go');
const { render, faults } = createTestEngine();

const cases = [
  ...[...inBoth, ...inText].map((template) => ({ template, html: false })),
  ...[...inBoth, ...inHtml].map((template) => ({ template, html: true })),
];

/** Built once for each version of the program. */
function built(): string {
  const digest = createHash('sha256').update(readFileSync(program)).digest('hex').slice(0, 16);
  const binary = join(cache, 'go-templates', digest);
  if (existsSync(binary)) return binary;
  mkdirSync(join(cache, 'go-templates'), { recursive: true });
  const env = {
    GOROOT: goRoot,
    GO111MODULE: 'off',
    CGO_ENABLED: '0',
    GOCACHE: join(cache, 'go-build'),
    HOME: cache,
    PATH: process.env.PATH,
  };
  execFileSync(join(goRoot, 'bin', 'go'), ['build', '-o', binary, program], { env });
  return binary;
}

/**
 * What is another on purpose: nothing is printed for what is not there, what cannot stay is # or nothing, and a plus is escaped where
 * Go's own `html` leaves it.
 */
function ours(out: string): string {
  return out
    .replaceAll('<no value>', '')
    .replaceAll('#ZgotmplZ', '#')
    .replaceAll('ZgotmplZ', '')
    .replaceAll('&#43;', '+');
}

describe('templates of Go', () => {
  it.skipIf(!existsSync(join(goRoot, 'bin', 'go')))(
    `give what the real packages give, in ${cases.length} cases (skipped where golang-1.19-go could not be fetched)`,
    { timeout: 300_000 },
    async () => {
      const input = JSON.stringify(cases.map((one) => ({ ...one, data: goData })));
      const real = JSON.parse(execFileSync(built(), { input, encoding: 'utf8' })) as { out: string; error: string }[];
      const different: unknown[] = [];
      for (const [at, { template, html }] of cases.entries()) {
        const part = html ? 'html' : 'text';
        const rendered = await render({ syntax: 'go', [part]: template }, { variables: goData });
        const wanted = real[at]?.error ? real[at].error : ours(real[at]?.out ?? '');
        const got = typeof rendered === 'string' ? rendered : rendered[part]?.replaceAll('&#43;', '+');
        if (got !== wanted) different.push({ template, part, got, wanted });
      }
      expect(different).toEqual([]);
      expect(cases.length).toBeGreaterThanOrEqual(150);
    },
  );

  it.each(refusedSources)('%s is refused at line %i, column %i', async (source, line, column, message) => {
    const found = await faults({ syntax: 'go', text: source });
    expect(found).toEqual([{ path: 'text', line, column, message: expect.stringContaining(message) }]);
  });
});

it('a value that is written for a query is written once', async () => {
  const source = '<a href="https://x.example/?q={{.x | urlquery}}">{{.x | urlquery}}</a>';
  const rendered = await render({ syntax: 'go', html: source }, { variables: { x: 'a b&' } });
  expect(rendered).toMatchObject({ html: '<a href="https://x.example/?q=a%20b%26">a&#43;b%26</a>' });
});
