/** What Microsoft Graph is given of a message, against servers that speak its API and that of its login service as documented. */

import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../../../test/manual-clock.ts';
import { createVendor, type Vendor } from '../../../../test/vendor.ts';
import { systemClock } from '../../../core/clock.ts';
import { createStopping } from '../../../core/stop.ts';
import { createProvider, targetOf } from '../index.ts';
import { parcelFor } from '../provider.suite.ts';
import type { Parcel, Provider } from '../provider.ts';
import { graphAnswers } from './answers.testing.ts';
import { namedIn } from './message.testing.ts';
import { grantFor, graphSchema } from './settings.ts';

const never = createStopping();
const app = { type: 'graph', directoryId: 'contoso.example', clientId: 'planted-id', clientSecret: 'planted~secret' };

let login: Vendor;
let vendor: Vendor;
let provider: Provider;
let given: number;
beforeEach(async () => {
  given = 0;
  login = await createVendor({
    taken() {
      given += 1;
      return graphAnswers.token(`planted-token-${given}`);
    },
  });
  vendor = await createVendor({ taken: () => graphAnswers.accepted });
  provider = make();
});
afterEach(async () => {
  await provider.close();
  await vendor.close();
  await login.close();
});

const make = (more: object = {}, clock = systemClock) =>
  createProvider('office', { ...app, endpoint: vendor.endpoint, loginEndpoint: login.endpoint, ...more }, { clock });
const header = 'From: a@example.com\r\nTo: Ann <ann@example.com>, bob@example.com\r\nCc: cleo@example.com\r\n';
const message = `${header}Subject: hello\r\n\r\nTo: nobody@example.com\r\n`;
const parts = (open: readonly string[], more: Partial<Parcel> = {}) =>
  parcelFor(open, {
    to: [{ email: 'ann@example.com', name: 'Ann' }, { email: 'bob@example.com' }],
    cc: [{ email: 'cleo@example.com' }],
    mime: async () => Buffer.from(message),
    ...more,
  });
/** As messages come that nobody may change. */
const whole = (open: readonly string[], text = message): Parcel => {
  const { rendered: _, ...parcel } = parts(open, { mime: async () => Buffer.from(text) });
  return parcel;
};
const all = ['ann@example.com', 'bob@example.com', 'cleo@example.com'];
const taken = () => vendor.taken.map(({ body }) => namedIn(body));

it('is given the message in base64, for the mailbox of the sender, with a token of the application', async () => {
  const { outcomes, ids } = await provider.send(parts(all), never);
  expect([...outcomes.values()].map(({ kind }) => kind)).toEqual(['delivered', 'delivered', 'delivered']);
  expect([...new Set(ids?.values())]).toEqual(['24e7991e-01ae-4cc2-8e06-532a96fd8948']);
  expect(vendor.taken).toMatchObject([
    {
      ...{ method: 'POST', path: '/v1.0/users/a%40example.com/sendMail' },
      headers: { authorization: 'Bearer planted-token-1', 'content-type': 'text/plain' },
    },
  ]);
  expect(taken()[0]?.message).toBe(message);
  expect(login.taken).toMatchObject([{ path: '/contoso.example/oauth2/v2.0/token' }]);
  expect(Object.fromEntries(new URLSearchParams(login.taken[0]?.body))).toEqual({
    ...{ grant_type: 'client_credentials', client_id: 'planted-id', client_secret: 'planted~secret' },
    scope: 'https://graph.microsoft.com/.default',
  });
});

it('goes by one mailbox where that is set', async () => {
  const one = make({ mailbox: 'no reply/x@example.com' });
  await one.send(parts(all), never);
  expect(vendor.taken[0]?.path).toBe('/v1.0/users/no%20reply%2Fx%40example.com/sendMail');
  await one.close();
});

describe('the header names the recipients of the attempt, each once', () => {
  it('those whom nobody sees stand in Bcc, which the service takes out', async () => {
    await provider.send(parts([...all, 'hidden@example.com', 'jörg@example.com']), never);
    const bcc = ['hidden@example.com', Buffer.from('jörg@example.com').toString('latin1')];
    expect(taken()).toMatchObject([{ to: all.slice(0, 2), cc: all.slice(2), bcc }]);
    expect(taken()[0]?.message.endsWith(message)).toBe(true);
  });

  it.each([
    ['some of To', ['bob@example.com', 'cleo@example.com'], { to: ['bob@example.com'], cc: ['cleo@example.com'] }],
    ['Cc alone', ['cleo@example.com'], { to: [], cc: ['cleo@example.com'], bcc: [] }],
    ['Bcc alone', ['hidden@example.com'], { to: [], cc: [], bcc: ['hidden@example.com'] }],
  ])('of a message made of parts it has no others: %s', async (_what, open, named) => {
    await provider.send(parts(open), never);
    expect(taken()).toMatchObject([named]);
    expect(taken()[0]?.message).toContain('\r\nSubject: hello\r\n\r\nTo: nobody@example.com\r\n');
  });

  it('with names in any letters, on lines of their own', async () => {
    const to = [
      { email: 'ann@example.com', name: 'Änn, "A"' },
      { email: 'bob@example.com', name: 'Bob, B' },
    ];
    await provider.send(parts(['ann@example.com', 'bob@example.com'], { to }), never);
    const [line = ''] = taken()[0]?.message.split('\r\nFrom:') ?? [];
    expect(line).toMatch(/^To: =\?UTF-8\?Q\?=C3=84nn[^ ]*\?= <ann@example\.com>,\r\n "Bob, B" <bob@example\.com>$/);
  });

  it('of a message that came whole it is as it was, with Bcc in front', async () => {
    const { outcomes } = await provider.send(whole([...all, 'hidden@example.com', 'HIDDEN@example.com']), never);
    expect(outcomes.size).toBe(5);
    expect(taken()[0]?.message).toBe(`Bcc: hidden@example.com,\r\n HIDDEN@example.com\r\n${message}`);
  });

  it('of a message that came whole it is as it was, with the same people in another spelling', async () => {
    await provider.send(whole(['Ann@example.com', 'bob@example.com', 'cleo@example.com']), never);
    expect(taken()[0]?.message).toBe(message);
  });

  it.each([
    [
      'somebody in To who gets nothing now',
      all.slice(1),
      message,
      /ann@example\.com is in it without being a recipient/,
    ],
    ['somebody in Cc', all.slice(0, 2), message, /cleo@example\.com is in it/],
    ['somebody in Resent-To', all, `Resent-To: dee@example.com\r\n${message}`, /dee@example\.com is in it/],
    ['somebody in a second To', all, `TO : dee@example.com\r\n${message}`, /dee@example\.com is in it/],
    [
      'a To that may be read in two ways',
      all,
      `To: ann@example.com <bob@example.com>\r\n${message}`,
      /more than one way/,
    ],
    ['a To that nobody can read', all, `To: ann@\r\n${message}`, /more than one way/],
  ])('a message that came whole is rejected for %s', async (_what, open, text, sentence) => {
    const { outcomes } = await provider.send(whole(open, text), never);
    expect(outcomes.size).toBe(open.length);
    for (const outcome of outcomes.values()) {
      expect(outcome).toMatchObject({
        kind: 'rejected',
        bounce: 'content',
        reply: { text: expect.stringMatching(sentence) },
      });
    }
    expect([vendor.connections.opened, given]).toEqual([0, 0]);
  });

  it('a group without members names nobody', async () => {
    await provider.send(whole(['hidden@example.com'], 'To: undisclosed-recipients:;\r\nSubject: x\r\n\r\n'), never);
    expect(taken()).toMatchObject([{ bcc: ['hidden@example.com'] }]);
  });
});

it('a message that came whole goes to all of its recipients or to none', async () => {
  vendor.script(() => graphAnswers.badRecipient);
  const { outcomes } = await provider.send(whole(all), never);
  expect([...outcomes.values()]).toMatchObject(all.map(() => ({ kind: 'rejected', bounce: 'other' })));
  expect(vendor.calls).toHaveLength(1);
  const many = Array.from({ length: 501 }, (_, n) => `r${n}@example.com`);
  const tooMany = await provider.send(whole(many, 'Subject: x\r\n\r\n'), never);
  expect(tooMany.outcomes.get(1)).toMatchObject({ kind: 'rejected', reply: { text: expect.stringMatching(/500/) } });
  expect(vendor.calls).toHaveLength(1);
});

it.each([
  ['in memory', async () => Buffer.alloc(3 * 1024 * 1024 + 1)],
  ['as it comes', async () => Readable.from([Buffer.alloc(2 * 1024 * 1024), Buffer.alloc(2 * 1024 * 1024)])],
  ['with its Bcc', async () => Buffer.alloc(3 * 1024 * 1024, 'x')],
])('a message of more than 4 MB in base64 is rejected before anything is sent: %s', async (_how, mime) => {
  const { outcomes } = await provider.send(parts(all, { mime }), never);
  expect(outcomes.get(1)).toMatchObject({
    kind: 'rejected',
    bounce: 'content',
    reply: { text: 'Microsoft Graph takes 3 MiB, and this message has more.' },
  });
  expect(vendor.connections.opened).toBe(0);
});

describe('a token', () => {
  const refuses = (token: string) =>
    vendor.script(
      () =>
        ({ headers }) =>
          headers.authorization === `Bearer ${token}` ? graphAnswers.oldToken : undefined,
    );

  it('that is refused is replaced once', async () => {
    refuses('planted-token-1');
    expect((await provider.send(parts(all), never)).outcomes.get(1)?.kind).toBe('delivered');
    expect(vendor.calls).toHaveLength(2);
    vendor.script(
      () =>
        ({ headers }) =>
          headers.authorization === 'Bearer planted-token-2' ? graphAnswers.oldToken : graphAnswers.user,
    );
    expect(await provider.check()).toMatchObject({ ok: true });
    expect(given).toBe(3);
  });

  it('after which the next is refused too is a refused account', async () => {
    vendor.script(() => graphAnswers.oldToken);
    const { outcomes, transcript } = await provider.send(parts(all), never);
    expect(outcomes.get(1)).toMatchObject({ kind: 'unavailable', account: true });
    expect(vendor.calls).toHaveLength(2);
    const health = await provider.check();
    expect(health).toMatchObject({ ok: false, account: true });
    expect(JSON.stringify([...outcomes.values(), transcript, health])).not.toContain('planted');
  });

  it('that is not given is a refused account, with what was said and without the secret', async () => {
    login.script(() => ({
      status: 401,
      body: '{"error":"invalid_client","error_description":"AADSTS7000222: expired, planted~secret"}',
    }));
    const { outcomes } = await provider.send(parts(all), never);
    expect(outcomes.get(1)).toMatchObject({
      ...{ kind: 'unavailable', account: true },
      reply: { text: expect.stringMatching(/refuses the grant: invalid_client: AADSTS7000222: expired, \*\*\*$/) },
    });
    expect(await provider.check()).toEqual({
      ...{ ok: false, account: true },
      detail: expect.stringMatching(/AADSTS7000222: .*Check directoryId, clientId and clientSecret/),
    });
    expect(vendor.calls).toEqual([]);
  });

  it('only waits where the login service is away', async () => {
    login.script(() => ({ status: 503 }));
    const outcome = (await provider.send(parts(all), never)).outcomes.get(1);
    expect(outcome).toMatchObject({ kind: 'unavailable' });
    expect(outcome).not.toHaveProperty('account');
    expect((await provider.check()).detail).toContain('Check that this machine reaches loginEndpoint.');
    login.script(() => ({ status: 200, body: '<html>' }));
    expect((await provider.check()).detail).toContain('Check loginEndpoint: what answers there gives no tokens.');
  });

  it('serves all messages until it is to be renewed', async () => {
    const clock = createManualClock();
    const one = make({}, clock);
    await Promise.all(Array.from({ length: 5 }, () => one.send(parts(all), never)));
    await clock.advance(3_298_000);
    await one.send(parts(all), never);
    expect(given).toBe(1);
    await clock.advance(2_000);
    await one.send(parts(all), never);
    expect(given).toBe(2);
    await one.close();
  });
});

describe('its check', () => {
  it('looks for the mailbox, or for any user', async () => {
    vendor.script(() => graphAnswers.user);
    await provider.check();
    const one = make({ mailbox: 'noreply@example.com' });
    await one.check();
    await one.close();
    expect(vendor.calls.map(({ method, path }) => [method, path])).toEqual([
      ['GET', '/v1.0/users?$top=1'],
      ['GET', '/v1.0/users/noreply%40example.com'],
    ]);
  });

  it('is content with an application that may only send', async () => {
    vendor.script(() => graphAnswers.mayNotLook);
    expect(await provider.check()).toEqual({ ok: true, detail: expect.stringMatching(/ took the token; /) });
  });

  it('says that there is no such mailbox', async () => {
    vendor.script(() => graphAnswers.noUser);
    expect(await provider.check()).toEqual({
      ...{ ok: false, account: true },
      detail: expect.stringMatching(/Request_ResourceNotFound: .*and mailbox\.$/),
    });
  });
});

it('asks for tokens of the cloud that it is in', () => {
  const scopeIn = (more: object) => grantFor(graphSchema.parse({ ...app, ...more })).scope;
  expect(scopeIn({})).toBe('https://graph.microsoft.com/.default');
  expect(scopeIn({ endpoint: 'https://graph.microsoft.us/' })).toBe('https://graph.microsoft.us/.default');
  expect(scopeIn({ endpoint: 'https://proxy.example.com' })).toBe('https://graph.microsoft.com/.default');
  expect(targetOf(app)).toBe('graph.microsoft.com');
});
