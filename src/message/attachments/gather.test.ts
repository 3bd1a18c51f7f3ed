/** Attachments by URL: fetched from a real server under the real guard, kept in the real store. */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestStore, type TestStore } from '../../../test/store.ts';
import { createGuardedFetch } from '../../base/net/guarded-fetch.ts';
import { type Blobs, INLINE_BYTES } from '../../blobs/blobs.ts';
import { createFilesystemBlobs } from '../../blobs/filesystem.ts';
import { createIds } from '../../core/ids.ts';
import type { AttachmentUrl, Job, Message } from '../../core/message.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { AT_ONCE_OF_TENANT, createGather, type Gathered } from './gather.ts';
import { defaultAttachmentLimits } from './limits.ts';
import { exeSample, pdfSample } from './sample.testing.ts';

const NOW = 1_790_000_000_000;
const newId = createIds({ now: () => NOW });

let opened: TestStore;
let directory: string;
let store: Store;
let blobs: Blobs;
let tenant: Tenant;
let server: Server;
let url: string;
let asked: string[];
let answer: RequestListener;

beforeEach(async () => {
  opened = await openTestStore();
  ({ directory, store } = opened);
  blobs = await createFilesystemBlobs(join(directory, 'blobs'));
  tenant = await store.tenants.add({ id: newId(), slug: 'acme', name: 'Acme', settings: {}, now: NOW });
  asked = [];
  answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdfSample);
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await opened.close();
});

async function accepted(...urls: readonly AttachmentUrl[]): Promise<string> {
  const id = newId();
  const message: Message = {
    id,
    tenantId: tenant.id,
    createdAt: NOW,
    door: 'http',
    from: { email: 'a@acme.example' },
    envelopeFrom: 'a@acme.example',
    to: [{ email: 'b@x.example' }],
    cc: [],
    subject: 's',
    messageIdHeader: `<${id}@acme.example>`,
    content: { kind: 'parts', text: 't' },
    attachments: [
      { filename: 'first.pdf', contentType: 'application/pdf', content: { bytes: pdfSample, size: pdfSample.length } },
    ],
    attachmentUrls: urls.map((one, index) => ({ ...one, position: index + 1 })),
    tags: [],
    lane: 'normal',
    maxAttempts: 5,
  };
  const recipients = [{ address: 'b@x.example', kind: 'to' as const }];
  await store.outbox.accept({ tenantId: tenant.id, messages: [{ message, recipients }] });
  return id;
}

async function claimed(): Promise<Job> {
  await store.outbox.recover({ owner: 'next', now: NOW });
  const request = { owner: newId(), now: NOW, leaseMs: 60_000, limit: 1, skipTenants: [] };
  const { jobs } = await store.outbox.claim(request);
  return jobs[0] as Job;
}

function gather(job: Job, limits = {}, options: { allow?: string[]; signal?: AbortSignal } = {}): Promise<Gathered> {
  const fetch = createGuardedFetch({}, { allowNetworks: options.allow ?? ['127.0.0.0/8'] });
  const limitsOf = async () => ({ ...defaultAttachmentLimits, ...limits });
  const run = createGather({ fetch, store, blobs, clock: { now: () => NOW }, limitsOf }, { timeoutMs: 5_000 });
  return run(job, options.signal ?? new AbortController().signal);
}

function outcomeOf(gathered: Gathered) {
  if (gathered.kind !== 'failed') throw new Error(`it was ${gathered.kind}`);
  return gathered.report.outcomes.get(0);
}

it('fetches once, keeps the bytes with the message, and sends the same at every attempt', async () => {
  const id = await accepted(
    { url: `${url}/a/r%C3%A9sum%C3%A9.pdf?signature=secret`, contentId: 'cv' },
    { url: `${url}/b`, filename: 'named.pdf' },
  );
  const first = await gather(await claimed());
  if (first.kind !== 'ready') throw new Error(`it was ${first.kind}`);
  expect(first.job.message).not.toHaveProperty('attachmentUrls');
  expect(first.job.message.attachments.map(({ filename, contentId }) => [filename, contentId])).toEqual([
    ['first.pdf', undefined],
    ['résumé.pdf', 'cv'],
    ['named.pdf', undefined],
  ]);

  answer = (_request, response) => response.writeHead(500).end();
  const again = await claimed();
  expect(again.message).not.toHaveProperty('attachmentUrls');
  expect(again.message.attachments).toHaveLength(3);
  expect(await gather(again)).toMatchObject({ kind: 'ready' });
  expect(asked).toEqual(['/a/r%C3%A9sum%C3%A9.pdf?signature=secret', '/b']);
  const detail = await store.messages.get({ tenantId: tenant.id, messageId: id });
  expect(detail?.attachments.map(({ filename }) => filename)).toEqual(['first.pdf', 'résumé.pdf', 'named.pdf']);
});

it('keeps what it got before a failure, and asks only for the rest the next time', async () => {
  await accepted({ url: `${url}/a` }, { url: `${url}/b` });
  answer = (request, response) => {
    if (request.url === '/b') response.writeHead(503).end();
    else response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdfSample);
  };
  expect(outcomeOf(await gather(await claimed()))).toMatchObject({ kind: 'deferred' });
  answer = (_request, response) => response.writeHead(200).end(pdfSample);
  const job = await claimed();
  expect(job.message.attachmentUrls?.map((one) => one.url)).toEqual([`${url}/b`]);
  expect(await gather(job)).toMatchObject({ kind: 'ready' });
  expect(asked).toEqual(['/a', '/b', '/b']);
});

it('keeps a large one as a blob', async () => {
  const large = Buffer.concat([pdfSample, Buffer.alloc(INLINE_BYTES)]);
  answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(large);
  await accepted({ url: `${url}/a.pdf` });
  const gathered = await gather(await claimed());
  const content = gathered.kind === 'ready' ? gathered.job.message.attachments[1]?.content : undefined;
  if (content === undefined || !('blob' in content)) throw new Error('expected a blob');
  expect(Buffer.compare(await blobs.read(content.blob), large)).toBe(0);
});

describe('fails for good', () => {
  it.each<[string, RequestListener]>([
    ['was answered with 404', (_request, response) => response.writeHead(404).end()],
    ['redirects are not followed', (_request, response) => response.writeHead(302, { location: '/b' }).end()],
    ['is larger than', (_request, response) => response.writeHead(200).end(Buffer.alloc(2000, pdfSample))],
    ['not an allowed type', (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('x')],
    ['has no type', (_request, response) => response.writeHead(200).end('whatever')],
    [
      'its content is application/x-msdownload',
      (_request, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end(exeSample),
    ],
  ])('where it %s', async (reason, answering) => {
    answer = answering;
    await accepted({ url: `${url}/a?token=secret` });
    const outcome = outcomeOf(await gather(await claimed(), { maxBytes: 1000 }));
    expect(outcome).toMatchObject({ kind: 'rejected', bounce: 'content' });
    expect(outcome?.reply.text).toContain(reason);
    expect(outcome?.reply.text).toContain(`${url}/a `);
    expect(outcome?.reply.text).not.toContain('secret');
  });

  it('where the address is private', async () => {
    await accepted({ url });
    expect(outcomeOf(await gather(await claimed(), {}, { allow: [] }))).toMatchObject({ kind: 'rejected' });
    expect(asked).toEqual([]);
  });

  it('where all together are too large', async () => {
    await accepted({ url: `${url}/a` }, { url: `${url}/b` });
    const limits = { maxTotalBytes: pdfSample.length * 2 };
    expect(outcomeOf(await gather(await claimed(), limits))).toMatchObject({ kind: 'rejected' });
  });
});

it.each<[string, RequestListener]>([
  ['a fault of the server', (_request, response) => response.writeHead(502).end()],
  ['too many requests', (_request, response) => response.writeHead(429).end()],
  ['a broken connection', (request) => request.socket.destroy()],
])('is tried again after %s', async (_what, answering) => {
  answer = answering;
  await accepted({ url });
  expect(outcomeOf(await gather(await claimed()))).toMatchObject({ kind: 'deferred' });
});

it('of one tenant only a few are fetched at once, and the rest wait in the store', async () => {
  const held: (() => void)[] = [];
  let allAsked: () => void = () => undefined;
  const asking = new Promise<void>((resolve) => {
    allAsked = resolve;
  });
  answer = (_request, response) => {
    held.push(() => response.writeHead(503).end());
    if (held.length === AT_ONCE_OF_TENANT) allAsked();
  };
  for (let n = 0; n <= AT_ONCE_OF_TENANT; n += 1) await accepted({ url });
  const request = { owner: newId(), now: NOW, leaseMs: 60_000, limit: AT_ONCE_OF_TENANT + 1 };
  const { jobs } = await store.outbox.claim({ ...request, skipTenants: [] });
  const [last, ...others] = jobs.toReversed();
  if (!last) throw new Error('nothing was claimed');
  const fetch = createGuardedFetch({}, { allowNetworks: ['127.0.0.0/8'] });
  const limitsOf = async () => defaultAttachmentLimits;
  const run = createGather({ fetch, store, blobs, clock: { now: () => NOW }, limitsOf }, { timeoutMs: 5_000 });
  const signal = new AbortController().signal;
  const slow = others.map((job) => run(job, signal));
  await asking;
  expect(await run(last, signal)).toEqual({ kind: 'held', until: NOW + 5_000 });
  for (const end of held) end();
  expect((await Promise.all(slow)).map(({ kind }) => kind)).toEqual(others.map(() => 'failed'));
  answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdfSample);
  expect(await run(last, signal)).toMatchObject({ kind: 'ready' });
});

it('is given back untried when IEP stops, and when the lease was lost', async () => {
  await accepted({ url });
  const stopping = new AbortController();
  answer = () => stopping.abort();
  expect(await gather(await claimed(), {}, { signal: stopping.signal })).toEqual({ kind: 'held', until: NOW });

  answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdfSample);
  const lost = await claimed();
  const current = await claimed();
  expect(await gather(lost)).toEqual({ kind: 'held', until: NOW });
  expect(await gather(current)).toMatchObject({ kind: 'ready' });
});
