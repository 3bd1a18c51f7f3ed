/** The examples of docs/webhooks.md check what the real signer signs, and refuse what it did not. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { newSecret, sign } from '../src/webhooks/signing.ts';

const page = readFileSync(join(import.meta.dirname, '../docs/webhooks.md'), 'utf8');
const example = (language: string) => {
  const [, code] = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'ms').exec(page) ?? [];
  if (code === undefined) throw new Error(`there is no example in ${language}`);
  return code;
};
const directory = mkdtempSync(join(tmpdir(), 'iep-webhook-docs-'));
afterAll(() => rmSync(directory, { recursive: true }));

const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
const secret = newSecret();
const body = '{"event":"message.sent","data":{"subject":"Grüße"}}';
const post = (more: { at?: number; secrets?: [string, ...string[]] } = {}) =>
  sign({ id: '0199', at: more.at ?? Date.now(), body }, more.secrets ?? [secret]);
const hour = 3_600_000;

/** What each example must say to what it is given. */
const cases: readonly (readonly [what: string, headers: Record<string, string>, body: string, is: boolean])[] = [
  ['what was signed', post(), body, true],
  ['what the old secret signed too', post({ secrets: [newSecret(), secret] }), body, true],
  ['another body', post(), `${body} `, false],
  ['another secret', post({ secrets: [newSecret()] }), body, false],
  ['an old post', post({ at: Date.now() - hour }), body, false],
];

describe('the example in Node', () => {
  it.each(cases)('%s', async (_what, headers, text, is) => {
    const file = join(directory, 'verify.mjs');
    writeFileSync(file, example('js'));
    const { isFromIep } = await import(file);
    expect(isFromIep(headers, text, secret)).toBe(is);
  });
});

// Receivers in Python have Python; a machine that builds IEP need not.
describe.skipIf(!has('python3', '--version'))('the example in Python', () => {
  it('says the same', () => {
    const input = JSON.stringify(cases.map(([, headers, text]) => ({ headers, text, secret })));
    const ask = `
import json, sys
print(json.dumps([is_from_iep(one["headers"], one["text"].encode(), one["secret"]) for one in json.load(sys.stdin)]))`;
    const answers = execFileSync('python3', ['-c', example('python') + ask], { input }).toString();
    expect(JSON.parse(answers)).toEqual(cases.map(([, , , is]) => is));
  });
});

describe.skipIf(!has('openssl', 'version'))('the example in a shell', () => {
  it.each([
    [body, true],
    [`${body}\n`, false],
  ])('%j: %s', (text, is) => {
    writeFileSync(join(directory, 'body.json'), text);
    const env = { PATH: process.env.PATH, SECRET: secret, SIGNATURE: post()['x-iep-signature'] };
    expect(spawnSync('bash', ['-c', example('bash')], { cwd: directory, env }).status === 0).toBe(is);
  });
});
