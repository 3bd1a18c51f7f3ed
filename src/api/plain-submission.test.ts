import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readPlainSubmission } from './plain-submission.ts';
import { readWithSchema } from './read-submission.ts';

const sender = { mailbox: { email: 'default@acme.example', name: 'Acme' }, tenant: 'acme' };
const long = 'x'.repeat(255);
const usual = fc.constantFrom<unknown>(
  ...['jo@example.com', 'Jo <jo@EXAMPLE.com>', ' jo@example.com ', 'jo@example.com, Doe, Al <al@example.com>'],
  ...[{ email: 'jo@EXAMPLE.com' }, { email: 'jo@example.com', name: 'Jo' }, { email: 'jo@example.com', name: '' }],
  ...['jo@bücher.example', '"a b"@example.com', { email: 'jo@example.com', name: long }],
);
const odd = fc.constantFrom<unknown>(
  ...['Team: a@example.com, b@example.com;', 'root', '', 'jo@', '<>', { name: 'Jo' }, { email: ' jo@example.com' }],
  ...[{ email: 'jo' }, { email: 'jo@example.com', name: 'a\n' }, { email: 'jo@example.com', name: `${long}x` }],
  ...[
    { email: 'jo@example.com', name: null },
    { email: 'jo@example.com', more: 1 },
  ],
);
const address = fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd });
const text = fc.constantFrom('', 'Hi {{n}}', 'é\n');
const strange = fc.constantFrom(null, 7, {}, [], ['x'], { email: 'jo@example.com' });
const mostly = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<unknown>) =>
  fc.oneof({ weight: 9, arbitrary: usual as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: other });
const body = fc.record(
  {
    ...{ from: mostly(address, strange), to: mostly(address, fc.oneof(fc.array(address), strange)) },
    ...{ cc: mostly(address, strange), bcc: fc.array(address), replyTo: mostly(address, strange) },
    idempotencyKey: mostly(fc.constantFrom('k', '', long, `${long}x`), strange),
    ...{ subject: mostly(text, strange), htmlBody: mostly(text, strange), textBody: mostly(text, strange) },
  },
  { requiredKeys: ['to', 'subject'] },
);

it('answers as the schema does, or leaves it to the schema', () => {
  let plain = 0;
  fc.assert(
    fc.property(body, fc.boolean(), (input, hasDefault) => {
      const mailbox = hasDefault ? sender.mailbox : undefined;
      const read = readPlainSubmission(input, 'cli', { mailbox });
      if (read === undefined) return;
      plain += 1;
      expect(read).toEqual(readWithSchema(input, 'cli', { ...sender, mailbox }));
    }),
    { numRuns: 3000 },
  );
  expect(plain).toBeGreaterThan(300);
});

it.each([
  ['priority', 'urgent'],
  ['plain', 'x'],
  ['attachments', []],
])('leaves %s to the schema', (name, value) => {
  const input = { from: 'a@acme.example', to: 'jo@example.com', subject: 'Hi', textBody: 'Hello', [name]: value };
  expect(readPlainSubmission(input, 'cli', { mailbox: undefined })).toBeUndefined();
});

it('leaves an address to the schema that is too long as it is written, however short it is as it is stored', () => {
  const email = `"${'\\a'.repeat(160)}"@example.com`;
  const input = { from: 'a@acme.example', to: { email }, subject: 'Hi', textBody: 'Hello' };
  expect(() => readWithSchema(input, 'cli')).toThrow('to.email: must have at most 320 characters');
  expect(readPlainSubmission(input, 'cli', undefined)).toBeUndefined();
});

it('reads what `iep send` asks for in plain words', () => {
  const input = { from: 'Acme <a@acme.example>', to: ['jo@example.com'], subject: 'Hi', textBody: 'Hello' };
  expect(readPlainSubmission(input, 'cli', { mailbox: undefined })).toEqual(readWithSchema(input, 'cli'));
});
