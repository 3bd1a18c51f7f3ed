/** The one way in, with the real store and real blobs behind it. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../../test/store.ts';
import { INLINE_BYTES } from '../../blobs/blobs.ts';
import { createFilesystemBlobs } from '../../blobs/filesystem.ts';
import { IepError } from '../../core/errors.ts';
import { createIds } from '../../core/ids.ts';
import type { Content, Submission } from '../../core/message.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { type Accept, createAccept } from './accept.ts';
import { createKnownTemplates } from './known-templates.ts';
import { defaultAcceptLimits } from './limits.ts';
import { NOW, sampleRaw, sampleSubmission } from './sample.testing.ts';

let opened: TestStore;
let directory: string;
let store: Store;
let tenant: Tenant;
let accept: Accept['accept'];
let acceptAll: Accept['acceptAll'];
const clock = { now: () => NOW, monotonic: () => 0 };
const newId = createIds(clock);

beforeEach(async () => {
  opened = await openTestStore();
  ({ directory, store } = opened);
  tenant = await store.tenants.add({
    id: newId(),
    slug: 'acme',
    name: 'Acme',
    settings: { anySender: true },
    now: NOW,
  });
  const blobs = await createFilesystemBlobs(join(directory, 'blobs'));
  ({ accept, acceptAll } = createAccept(
    {
      ...{ store, blobs, clock, newId, routing: {} },
      providerNames: async () => [],
      senderOwners: async () => () => [],
      templates: createKnownTemplates({ store, clock }),
    },
    defaultAcceptLimits,
  ));
});

afterEach(async () => {
  await opened.close();
});

async function claimed() {
  const { jobs } = await store.outbox.claim({ owner: 'me', now: NOW, leaseMs: 1000, limit: 10, skipTenants: [] });
  return jobs;
}

it('gives the store what the outbox gets back', async () => {
  const content: Content = { kind: 'parts', html: '<p>{{n}}</p>', variables: { n: [1, null, { a: 'ü' }] } };
  await store.tenants.set({
    tenantId: tenant.id,
    settings: { attachmentTypes: ['application/octet-stream'] },
    now: NOW,
  });
  [tenant] = (await store.tenants.list()) as [Tenant];
  const large = new Uint8Array(INLINE_BYTES + 1).fill(7);
  const attachments = [
    { filename: 'a.bin', contentType: 'application/octet-stream', content: { bytes: large, size: large.length } },
  ];
  const to = [{ email: 'user@example.com', name: 'Üser' }];
  const { messageId } = await accept(
    tenant,
    sampleSubmission({ to, content, attachments, bcc: [{ email: 'b@example.com' }] }),
  );
  const [job] = await claimed();
  expect(job?.message).toMatchObject({ id: messageId, to, content, createdAt: NOW });
  expect(job?.message.attachments[0]?.content).toMatchObject({ blob: expect.any(String), size: large.length });
  expect(job?.recipients.map(({ address, kind }) => [address, kind])).toEqual([
    ['user@example.com', 'to'],
    ['b@example.com', 'bcc'],
  ]);
});

it('names the suppressed recipients, and accepts them', async () => {
  const entries = [{ email: 'user@example.com', reason: 'manual', createdAt: NOW }] as const;
  await store.suppressions.add({ tenantId: tenant.id, entries });
  const answer = await accept(tenant, sampleSubmission({ to: [{ email: 'user@example.com' }] }));
  expect(answer).toMatchObject({ status: 'queued', suppressedRecipients: ['user@example.com'] });
});

describe('the same idempotency key', () => {
  const key = { idempotencyKey: 'k' };
  const raw = (received: string, body: string, more: Partial<Submission> = {}) =>
    sampleRaw(`Received: ${received}\nSubject: x\n\n${body}`, { ...key, ...more });

  it.each<[string, Submission, Submission]>([
    ['parts', sampleSubmission(key), sampleSubmission(key)],
    ['raw', raw('one', 'body'), raw('two', 'body')],
    ['large raw', raw('one', 'x'.repeat(INLINE_BYTES)), raw('two', 'x'.repeat(INLINE_BYTES))],
  ])('answers with the first message: %s', async (_kind, first, again) => {
    const { messageId } = await accept(tenant, first);
    expect(await accept(tenant, again)).toEqual({
      messageId,
      status: 'queued',
      suppressedRecipients: [],
      duplicate: true,
    });
    expect(await claimed()).toHaveLength(1);
  });

  it.each<[string, Submission, Submission]>([
    ['parts', sampleSubmission(key), sampleSubmission({ ...key, subject: 'Another' })],
    ['raw', raw('one', 'body'), raw('one', 'another body')],
    ['large raw', raw('one', 'x'.repeat(INLINE_BYTES)), raw('one', 'y'.repeat(INLINE_BYTES))],
  ])('refuses another payload: %s', async (_kind, first, other) => {
    const { messageId } = await accept(tenant, first);
    const error: unknown = await accept(tenant, other).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'idempotency_key_reused', extra: { messageId } });
    expect(await claimed()).toHaveLength(1);
  });

  it('counts within one batch', async () => {
    const [first, again, other] = await acceptAll(tenant, [
      sampleSubmission(key),
      sampleSubmission(key),
      sampleSubmission({ ...key, subject: 'Another' }),
    ]);
    if (first === undefined || first instanceof IepError) throw new Error('The first was refused');
    expect(again).toEqual({ ...first, duplicate: true });
    expect(other).toMatchObject({ code: 'idempotency_key_reused', extra: { messageId: first.messageId } });
    expect(await claimed()).toHaveLength(1);
  });

  it('of another tenant is another key', async () => {
    const globex = await store.tenants.add({
      id: newId(),
      slug: 'globex',
      name: 'G',
      settings: { anySender: true },
      now: NOW,
    });
    await accept(tenant, sampleSubmission(key));
    expect(await accept(globex, sampleSubmission(key))).toMatchObject({ duplicate: false });
  });
});

it('keeps nothing of what it refuses', async () => {
  const answers = await acceptAll(tenant, [sampleSubmission({ subject: 'a\nb' }), sampleSubmission()]);
  expect(answers.map((one) => one instanceof IepError)).toEqual([true, false]);
  const { items } = await store.messages.list({ tenantId: tenant.id, filter: {}, limit: 10 });
  expect(items).toHaveLength(1);
});
