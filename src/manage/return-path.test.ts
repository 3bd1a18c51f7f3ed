/** Whose mail gets a return path, and that what is under way is known again after a new master key. */

import { expect, it } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import type { Message } from '../core/message.ts';
import { createVault, type MasterKeys } from '../core/vault.ts';
import { NOW, newMessage } from '../db/suites/suite.testing.ts';
import { createReturnPaths } from './return-path.ts';

const DAY = 86_400_000;
const [first, second, third] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function setUp({ senderDomains = ['acme.example'], readonly = false } = {}) {
  const clock = createManualClock(NOW);
  const kept = new Map<string, string>();
  let keys: MasterKeys = [first];
  const options: { domain?: string } = { domain: 'bounces.example.com' };
  const make = () =>
    createReturnPaths(
      {
        clock,
        vault: createVault({ keys: () => keys }),
        directory: { byId: async () => ({ senderDomains }) as never },
        kept: {
          read: async (name) => kept.get(name),
          ...(!readonly && { write: async (name, text) => void kept.set(name, text) }),
        },
      },
      options,
    );
  return { clock, options, make, paths: make(), rotate: (next: MasterKeys) => (keys = next) };
}

const message = (more: Partial<Message> = {}) =>
  newMessage('t', { envelopeFrom: 'app@acme.example', ...more }).message as Message;
const raw: Message['content'] = { kind: 'raw', raw: { size: 1, bytes: new Uint8Array(1) }, utf8Header: false };

it('is one for each recipient, and is read again', async () => {
  const { paths } = setUp();
  const sent = message();
  const of = await paths.of(sent);
  const read = await paths.reader();
  expect([0, 7].map((position) => read?.(of?.(position) ?? ''))).toEqual([
    { messageId: sent.id, position: 0 },
    { messageId: sent.id, position: 7 },
  ]);
});

it('is not there without a domain, and costs no wait', async () => {
  const { paths, options } = setUp();
  delete options.domain;
  expect(paths.of(message())).toBeUndefined();
  expect(await paths.reader()).toBeUndefined();
});

it.each([
  ['of parts', {}, ['acme.example'], true],
  ['of parts from elsewhere', { envelopeFrom: 'x@other.example' }, ['acme.example'], true],
  ['of parts without a sender', { envelopeFrom: '' }, ['acme.example'], false],
  ['whole', { content: raw }, ['acme.example'], true],
  ['whole, from below the domain', { content: raw, envelopeFrom: 'x@mail.acme.example' }, ['acme.example'], true],
  [
    'whole, from a name that only ends alike',
    { content: raw, envelopeFrom: 'x@notacme.example' },
    ['acme.example'],
    false,
  ],
  ['whole, from elsewhere', { content: raw, envelopeFrom: 'x@other.example' }, ['acme.example'], false],
  ['whole, of a tenant without domains', { content: raw, envelopeFrom: 'x@other.example' }, [], true],
  ['whole, without a sender', { content: raw, envelopeFrom: '' }, [], false],
])('a message %s: %#', async (_what, more, senderDomains, has) => {
  const { paths } = setUp({ senderDomains });
  expect((await paths.of(message(more))) !== undefined).toBe(has);
});

it('is known after a rotation, when the old key is gone, for a month', async () => {
  const { paths, clock, rotate, make } = setUp();
  const old = (await paths.of(message()))?.(0) ?? '';
  rotate([second]);
  const young = (await paths.of(message()))?.(0) ?? '';
  for (const one of [paths, make()]) {
    const read = await one.reader();
    expect([read?.(old), read?.(young)]).not.toContain(undefined);
  }
  await clock.advance(31 * DAY);
  rotate([third]);
  await paths.of(message());
  const read = await make().reader();
  expect(read?.(old)).toBeUndefined();
  expect(read?.(young)).toBeDefined();
});

it('is kept before it signs: a key that cannot be kept signs nothing', async () => {
  const { paths } = setUp();
  const broken = createReturnPaths(
    {
      clock: { now: () => NOW },
      vault: createVault([first]),
      directory: { byId: async () => undefined },
      kept: { read: async () => undefined, write: () => Promise.reject(new Error('the disk is full')) },
    },
    { domain: 'bounces.example.com' },
  );
  await expect(broken.of(message())).rejects.toThrow('the disk is full');
  expect(await paths.of(message())).toBeDefined();
});
