/** The SMTP door over the real thing: keys with argon2, accept, the store in its threads, blobs on disk. */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDirectory } from '../../src/access/directory.ts';
import { createKeys, type Keys } from '../../src/access/keys.ts';
import { createLog } from '../../src/base/observe/log.ts';
import type { Blobs } from '../../src/blobs/blobs.ts';
import { createFilesystemBlobs } from '../../src/blobs/filesystem.ts';
import { systemClock } from '../../src/core/clock.ts';
import { createIds } from '../../src/core/ids.ts';
import type { Store } from '../../src/db/verbs/store.ts';
import type { Tenant } from '../../src/db/verbs/tenants.ts';
import { createAccept } from '../../src/message/intake/accept.ts';
import { createKnownTemplates } from '../../src/message/intake/known-templates.ts';
import { defaultAcceptLimits } from '../../src/message/intake/limits.ts';
import { deliver, greet, plainAuth, type RawClient } from '../../src/smtp/door.testing.ts';
import { createSmtpListener, type SmtpListener } from '../../src/smtp/listener.ts';
import { openTestStore, type TestStore } from '../store.ts';

const newId = createIds(systemClock);
const log = createLog({ level: 'info', showAddresses: false, destination: { write: () => {} } });

let opened: TestStore;
let directory: string;
let store: Store;
let blobs: Blobs;
let keys: Keys;
let listener: SmtpListener;
let port: number;
let acme: Tenant;
let key: string;

beforeAll(async () => {
  opened = await openTestStore({ threads: true });
  ({ directory, store } = opened);
  blobs = await createFilesystemBlobs(join(directory, 'blobs'));
  const tenants = createDirectory({ store, clock: systemClock });
  keys = createKeys({ store, directory: tenants, clock: systemClock, newId });
  acme = await store.tenants.add({ id: newId(), slug: 'acme', name: 'Acme', settings: {}, now: systemClock.now() });
  await store.domains.add({ tenantId: acme.id, domain: 'example.com', id: newId(), now: systemClock.now() });
  tenants.forget();
  key = (await keys.issue({ tenantId: acme.id, scopes: ['send'] })).key;
  const { accept, refuseRecipient } = createAccept(
    {
      store,
      blobs,
      clock: systemClock,
      newId,
      providerNames: async () => [],
      senderOwners: tenants.senderOwners,
      templates: createKnownTemplates({ store, clock: systemClock }),
      routing: {},
    },
    defaultAcceptLimits,
  );
  listener = createSmtpListener(
    {
      accept,
      refuseRecipient,
      blobs,
      keys,
      directory: tenants,
      clock: systemClock,
      newId,
      log,
    },
    {
      host: '127.0.0.1',
      port: 0,
      hostname: 'mail.example.com',
      maxMessageBytes: 5_000_000,
      plaintextAuth: 'loopback',
      trustedNetworks: [],
    },
  );
  ({ port } = await listener.start());
});

afterAll(async () => {
  await listener.stop(0);
  await opened.close();
});

async function logIn(): Promise<RawClient> {
  const client = await greet(port);
  expect(await client.say(plainAuth('acme', key))).toMatch(/^235 /);
  return client;
}

const idOf = (reply: string) => /^250 2\.0\.0 queued as ([0-9a-f-]{36})$/.exec(reply)?.[1] ?? reply;

async function storedMessage(messageId: string): Promise<string> {
  const stored = await store.messages.content({ tenantId: acme.id, messageId });
  if (stored?.message.content.kind !== 'raw') throw new Error(`no raw message ${messageId}`);
  const { raw } = stored.message.content;
  return Buffer.from('bytes' in raw ? raw.bytes : await blobs.read(raw.blob)).toString('latin1');
}

test.each([
  ['small', 10],
  ['large', 40_000],
])('a %s message is stored as it came, under the id of the reply and of Received', async (_size, lines) => {
  const client = await logIn();
  const message = `From: App <app@example.com>\r\nTo: user@example.net\r\nSubject: Hello\r\nX-IEP-Tag: welcome\r\n\r\n${'a line of text\r\n'.repeat(lines)}`;
  const id = idOf(await deliver(client, message));
  client.close();

  const content = await storedMessage(id);
  expect(content).toContain(`with ESMTPA id ${id};`);
  expect(content.endsWith(message.replace('X-IEP-Tag: welcome\r\n', ''))).toBe(true);
  expect(await store.messages.get({ tenantId: acme.id, messageId: id })).toMatchObject({
    status: 'queued',
    door: 'smtp',
    subject: 'Hello',
    tags: ['welcome'],
    envelopeFrom: 'app@example.com',
    recipients: [{ email: 'user@example.net', kind: 'rcpt', status: 'queued' }],
  });
});

test('a sender domain that is not allowed is refused, in the envelope as in From', async () => {
  const client = await logIn();
  expect(await deliver(client, 'From: app@example.org\r\n\r\nx\r\n')).toMatch(/^553 5\.7\.1 .*example\.org/);
  await client.say('MAIL FROM:<app@example.org>');
  await client.say('RCPT TO:<user@example.net>');
  await client.say('DATA');
  client.send('From: app@example.com\r\n\r\nx\r\n.\r\n');
  expect(await client.reply()).toMatch(/^553 5\.7\.1 /);
  client.close();
});

test('an idempotency key used again answers with the first message; for another mail it is refused', async () => {
  const client = await logIn();
  const message = (body: string) => `From: app@example.com\r\nX-IEP-Idempotency-Key: order-7\r\n\r\n${body}\r\n`;
  const first = await deliver(client, message('the order'));
  expect(first).toMatch(/^250 /);
  expect(await deliver(client, message('the order'))).toBe(first);
  expect(await deliver(client, message('another'))).toMatch(new RegExp(`^550 5\\.7\\.1 .*${idOf(first)}`));
  client.close();
});

test('a key that is revoked ends a session that uses it', async () => {
  const { key: second, row } = await keys.issue({ tenantId: acme.id, scopes: ['send'] });
  const client = await greet(port);
  expect(await client.say(plainAuth('acme', second))).toMatch(/^235 /);
  expect(await deliver(client)).toMatch(/^250 /);
  await keys.revoke(row.id);
  expect(await client.say('MAIL FROM:<app@example.com>')).toMatch(/^535 5\.7\.8 /);
  client.close();
});

test('a wrong key is refused', async () => {
  const client = await greet(port);
  expect(await client.say(plainAuth('acme', `${key.slice(0, -4)}AAAA`))).toMatch(/^535 5\.7\.8 /);
  client.close();
});

test('20 sessions at once share commits, and every message heard of is stored', async () => {
  const ids = await Promise.all(
    Array.from({ length: 20 }, async (_, session) => {
      const client = await logIn();
      const mine = [];
      for (let n = 0; n < 10; n++) mine.push(idOf(await deliver(client, `Subject: ${session}/${n}\r\n\r\nx\r\n`)));
      client.close();
      return mine;
    }),
  );
  expect(new Set(ids.flat()).size).toBe(200);
  for (const id of ids.flat()) expect(await storedMessage(id)).toContain(id);
});
