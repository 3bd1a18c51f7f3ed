/** Callbacks over HTTP: who is let in, what is said to whom is not, and what is on disk when 200 is said. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noProviders, startServer, type TestServer } from '../http/http.testing.ts';
import type { CallbackResult, Inbound } from '../message/providers/inbound.ts';
import { bounce, fromPostmark, LOGIN } from '../message/providers/postmark/events.testing.ts';
import { createPostmarkInbound } from '../message/providers/postmark/events.ts';
import { hardBounce, resendEvent, SECRET, signedBySvix } from '../message/providers/resend/events.testing.ts';
import { createResendInbound } from '../message/providers/resend/events.ts';

/** Says what the test wants it to. */
let said: CallbackResult;
const inbounds: Readonly<Record<string, Inbound | 'not_configured'>> = {
  resend: createResendInbound(SECRET),
  postmark: createPostmarkInbound(LOGIN),
  said: { read: async () => said },
  bare: 'not_configured',
};

let server: TestServer;
beforeAll(async () => {
  const listenerOf = (called: string) => {
    const name = called === 'said-before' ? 'said' : called;
    const inbound = Object.hasOwn(inbounds, name) ? inbounds[name] : undefined;
    if (inbound === undefined) return undefined;
    const proved = inbound === 'not_configured' ? {} : { inbound };
    return { name, setting: 'webhookKey', ...proved, ...(name === 'said' && { formerNames: ['said-before'] }) };
  };
  server = await startServer({ overrides: { providers: { ...noProviders, listenerOf } } });
});
afterAll(() => server.close());

const post = (name: string, { body, headers = {} }: Pick<ReturnType<typeof signedBySvix>, 'body' | 'headers'>) =>
  server.call('POST', `/hooks/${name}`, { body, headers: { 'content-type': 'application/json', ...headers } });
const signed = (event: unknown) => signedBySvix(event, { at: Date.now(), id: `msg_${Math.random()}` });

const listed = async (provider: string) =>
  (await server.call('GET', `/v1/admin/feedback?provider=${provider}`, { key: 'operator' })).body.items;

/** By both, neither of which said what it calls it. */
async function sent(): Promise<string> {
  const attempt = { startedAt: 0, endedAt: 1, outcome: 'unknown', counted: true } as const;
  const id = await server.send({ to: ['delivered@resend.dev'] });
  const [job] = await server.claim();
  await server.store.outbox.settle({
    ...{ tenantId: server.tenants.acme.id, messageId: id, fence: job?.fence ?? 0, at: Date.now(), status: 'sent' },
    ...{ events: [], recipients: [{ position: 0, status: 'sent' }] },
    attempts: ['resend', 'said'].map((provider) => ({ ...attempt, provider })),
  });
  return id;
}

it('takes what the vendor tells, says so once it is on disk, and takes it once', async () => {
  const id = await sent();
  const callback = signed(resendEvent('email.bounced', { ...hardBounce, tags: { iep_message: id } }));
  const answers = [await post('resend', callback), await post('resend', callback)];
  expect(answers.map(({ status, body }) => [status, body])).toEqual([
    [200, { events: 1, new: 1, unmatched: 0, unknown: 0 }],
    [200, { events: 1, new: 0, unmatched: 0, unknown: 0 }],
  ]);
  const { body } = await server.call('GET', `/v1/messages/${id}`, { key: 'read' });
  expect(body).toMatchObject({ status: 'bounced', recipients: [{ status: 'bounced' }] });
  expect(await listed('resend')).toMatchObject([{ kind: 'bounced', door: 'callback', messageId: id }]);
  const text = (await server.call('GET', '/metrics')).text;
  expect(text).toContain('iep_feedback_events_total{provider="resend",kind="bounced"} 1');
});

it('says 200 to what is about no message and to what means nothing, and counts both', async () => {
  const strange = await post('resend', signed(resendEvent('email.opened', { tags: {} })));
  expect(strange.body).toEqual({ events: 1, new: 1, unmatched: 1, unknown: 0 });
  expect((await post('resend', signed(resendEvent('contact.created')))).body).toMatchObject({ events: 0, unknown: 1 });
  const text = (await server.call('GET', '/metrics')).text;
  expect(text).toContain('iep_feedback_unmatched_total{provider="resend"} 1');
  expect(text).toContain('iep_feedback_events_total{provider="resend",kind="unknown"} 1');
});

it('reads a body of any content type, and of none', async () => {
  for (const type of ['text/plain; charset=UTF-8', 'application/json', '']) {
    const { body, headers } = signed(resendEvent('email.opened', { tags: {} }));
    const { status } = await post('resend', { body, headers: { ...headers, 'content-type': type } });
    expect(status).toBe(200);
  }
});

it('is at its URL with a slash at the end as well', async () => {
  const { status, body } = await post('resend/', signed(resendEvent('email.opened', { tags: {} })));
  expect([status, body.events]).toEqual([200, 1]);
});

it('reads an id that is a large number to the last digit', async () => {
  const id = await sent();
  const bounced = (number: string, message: string) => ({
    body: JSON.stringify({ ...bounce('HardBounce'), ID: 0, Metadata: { 'iep-message': message } }).replace(
      '"ID":0',
      `"ID":${number}`,
    ),
    headers: fromPostmark('').headers ?? {},
  });
  const answers = [
    await post('postmark', bounced('4323372036854775807', id)),
    await post('postmark', bounced('4323372036854775808', await sent())),
    await post('postmark', bounced('4323372036854775807', id)),
  ];
  expect(answers.map(({ body }) => body.new)).toEqual([1, 1, 0]);
});

describe('who proves nothing', () => {
  it.each(['nobody', '__proto__', 'constructor', '%2e%2e%2f', 'x'.repeat(5_000)])(
    'hears the same for the name %s as for a wrong signature',
    async (name) => {
      const forged = signedBySvix(resendEvent('email.opened'), { at: 0 });
      const answers = [await post('resend', forged), await post(name, forged)];
      const [wrong, unknown] = answers.map(({ status, body: { requestId, ...body } }) => ({ status, body }));
      expect(unknown).toEqual(wrong);
      expect(wrong).toMatchObject({ status: 401, body: { code: 'callback_refused' } });
    },
  );

  it('hears so after as long a time, whichever it is', async () => {
    const times: Record<string, number> = {};
    for (const name of ['resend', 'nobody', 'said']) {
      said = { kind: 'refused', reason: 'wrong_proof' };
      const since = performance.now();
      expect((await post(name, signedBySvix(resendEvent('email.opened'), { at: 0 }))).status).toBe(401);
      times[name] = performance.now() - since;
    }
    // Never sooner than the time that each look at a proof has.
    expect(Math.min(...Object.values(times))).toBeGreaterThanOrEqual(49);
  });

  it('has no more than 5 MiB read, announced or not', async () => {
    const body = Buffer.alloc(5 * 1024 * 1024 + 1, ' ');
    expect((await server.call('POST', '/hooks/nobody', { body })).status).toBe(413);
    const stream = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const response = await fetch(`${server.url}/hooks/nobody`, { method: 'POST', body: stream, duplex: 'half' });
    expect(response.status).toBe(413);
    expect((await server.call('POST', '/hooks/nobody', { body: body.subarray(1) })).status).toBe(401);
  });
});

describe('the operator', () => {
  it('reads in the log and the metrics why a callback was refused, and of which provider', async () => {
    const before = server.lines.length;
    await post('resend', signedBySvix(resendEvent('email.opened'), { at: 0 }));
    await post('resend', { body: '{}', headers: {} });
    await post('nobody', { body: '{}', headers: {} });
    const said = server.lines.slice(before).filter(({ level }) => level === 'warn');
    expect(said).toMatchObject([{ provider: 'resend', reason: 'no_proof' }]);
    const { text } = await server.call('GET', '/metrics');
    expect(text).toMatch(/iep_callbacks_refused_total\{provider="resend",reason="too_old"\} [1-9]/);
    expect(text).toContain('iep_callbacks_refused_total{provider="resend",reason="no_proof"} 1');
    expect(text).toMatch(/iep_callbacks_refused_total\{provider="",reason="unknown_provider"\} [1-9]/);
  });
});

it('says which provider has no key', async () => {
  const { status, body } = await post('bare', signed(resendEvent('email.opened')));
  expect({ status, body }).toMatchObject({ status: 503, body: { code: 'not_configured' } });
});

it('says what cannot be read of a vendor, and when to come again', async () => {
  expect(await post('resend', signed('no JSON'))).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  said = { kind: 'later', why: 'The certificate cannot be fetched' };
  const later = await post('said', signed({}));
  expect(later).toMatchObject({ status: 503, body: { code: 'proof_unavailable' } });
  expect(later.headers.get('retry-after')).toBe('30');
});

it('refuses a token that was used, whatever comes with it', async () => {
  const id = await sent();
  const feedback = { kind: 'delivered', at: 1, data: {}, about: { messageId: id } } as const;
  said = { kind: 'events', feedback: [feedback], unknown: 0, token: { id: 't', until: Date.now() + 60_000 } };
  expect((await post('said', signed({}))).status).toBe(200);
  said = { ...said, feedback: [{ ...feedback, kind: 'complained' }] };
  expect((await post('said', signed({}))).status).toBe(401);
  expect(await listed('said')).toMatchObject([{ kind: 'delivered', door: 'callback', messageId: id }]);
  expect((await server.call('GET', `/v1/messages/${id}`, { key: 'read' })).body).toMatchObject({ status: 'delivered' });
});

it('takes what is posted to an old name as told by the provider that had it', async () => {
  const id = await sent();
  const feedback = { kind: 'delivered', at: 2, data: {}, about: { messageId: id } } as const;
  said = { kind: 'events', feedback: [feedback, { ...feedback, about: {} }], unknown: 0 };
  expect(await post('said-before', signed({}))).toMatchObject({ status: 200, body: { events: 2, unmatched: 1 } });
  expect(await listed('said-before')).toEqual([]);
  expect(await listed('said')).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ messageId: null }),
      expect.objectContaining({ messageId: id, at: '1970-01-01T00:00:00.002Z' }),
    ]),
  );
});
