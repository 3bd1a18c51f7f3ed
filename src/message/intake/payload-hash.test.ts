/** When two submissions are the same, and when they are not. */

import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Submission } from '../../core/message.ts';
import { hashPayload } from './payload-hash.ts';
import { NOW, sampleRaw, sampleSubmission } from './sample.testing.ts';

const noBlobs = {
  stream(): Readable {
    throw new Error('No blob is to be read');
  },
};
const hash = (submission: Submission, blobs: { stream(blob: string): Readable } = noBlobs) =>
  hashPayload(submission, blobs);
const sample = (more: Partial<Submission> = {}) => hash(sampleSubmission(more));
const parts = (more: object): Partial<Submission> => ({ content: { kind: 'parts', html: 'h', ...more } });
const file = (text: string) => ({
  filename: 'a',
  contentType: 'a/b',
  content: { bytes: Buffer.from(text), size: text.length },
});

describe('hashPayload', () => {
  it('is the same for what the platform adds and for another order of members', async () => {
    const first = await sample(parts({ variables: { a: 1, b: { c: 2, d: 3 } } }));
    const added = { id: 'x', door: 'cli', idempotencyKey: 'k', addedHeaders: [['X-Id', 'x']] } as const;
    expect(await sample({ ...parts({ variables: { b: { d: 3, c: 2 }, a: 1 } }), ...added })).toBe(first);
  });

  it.each<[string, Partial<Submission>]>([
    ['from', { from: { email: 'b@acme.example' } }],
    ['from name', { from: { email: 'noreply@acme.example', name: 'B' } }],
    ['reverse path', { envelopeFrom: '' }],
    ['to', { to: [{ email: 'b@example.com' }] }],
    ['cc', { cc: [{ email: 'b@example.com' }] }],
    ['bcc', { bcc: [{ email: 'b@example.com' }] }],
    ['rcpt', { rcpt: ['b@example.com'] }],
    ['replyTo', { replyTo: 'b@example.com' }],
    ['subject', { subject: 'b' }],
    ['html', parts({ html: 'i' })],
    ['text', parts({ text: 't' })],
    ['variables', parts({ variables: { a: 1 } })],
    ['order of a list', parts({ variables: { a: [1, 2] } })],
    ['the list turned', parts({ variables: { a: [2, 1] } })],
    ['headers', parts({ headers: [['X-A', 'b']] })],
    ['attachment', { attachments: [file('a')] }],
    ['its content', { attachments: [file('b')] }],
    ['a second one', { attachments: [file('b'), file('b')] }],
    ['category', { category: 'c' }],
    ['tags', { tags: ['c'] }],
    ['metadata', { metadata: { c: 1 } }],
    ['lane', { lane: 'high' }],
    ['time', { scheduledAt: NOW }],
    ['group', { groupId: 'g' }],
    ['provider', { provider: 'p' }],
  ])('differs by %s', async (name, more) => {
    const others = await Promise.all([sample(), sample(parts({}))]);
    expect(others, name).not.toContain(await sample(more));
  });
});

describe('of a raw message', () => {
  const received = (id: string, body = 'Hello\n\nthere\n') =>
    `Received: from a by b id ${id}; Sun, 22 Nov 2026 09:30:00 +0000\nDate: ${id}\nSubject: Hello\n\n${body}`;

  it('does not see what the platform adds to the header', async () => {
    const first = await hash(sampleRaw(received('1'), { id: '1', messageIdHeader: '<1@acme.example>' }));
    expect(await hash(sampleRaw(received('2'), { id: '2', messageIdHeader: '<2@acme.example>' }))).toBe(first);
    expect(await hash(sampleRaw(received('1', 'Hello\n\nthere!\n')))).not.toBe(first);
    expect(await hash(sampleRaw(received('1'), { subject: 'Another' }))).not.toBe(first);
    expect(await hash(sampleRaw(received('1'), { rcpt: ['b@example.com'] }))).not.toBe(first);
  });

  it('is the same from memory and from a blob, however it is cut', async () => {
    const inMemory = sampleRaw(received('1'));
    const bytes = Buffer.from(received('1').replaceAll('\n', '\r\n'));
    const expected = await hash(inMemory);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      const submission = sampleRaw('', {
        content: { kind: 'raw', raw: { blob: 'b', size: bytes.length }, utf8Header: false },
      });
      expect(await hash(submission, { stream: () => Readable.from(chunks) })).toBe(expected);
    }
  });
});
