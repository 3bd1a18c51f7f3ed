/** The preference centre: what it shows, that what comes back is what holds, and that its link ends with its subscriber. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { createIds } from '../core/ids.ts';
import { startServer, type TestServer } from '../http/http.testing.ts';

const newId = createIds(Date);
let server: TestServer;
let link: string;
const call = (method: string, to: string, json?: unknown) => server.call(method, to, { key: 'all', json });
const post = (body: string | URLSearchParams) =>
  server.call('POST', link, {
    ...{ body: String(body), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
  });
const preferences = async () => (await call('GET', '/v1/subscribers/jo/preferences')).body;
const shown = async () => (await server.call('GET', link)).text;
const off = async () => {
  const { body } = await call('GET', '/v1/unsubscribes');
  return (body.items as { category: string | null }[]).map(({ category }) => category);
};

/** What the page posts where nothing is changed, but for these. */
const form = async (changes: Record<string, string | null> = {}) => {
  const fields = new URLSearchParams({ action: 'save' });
  const text = await shown();
  for (const [, attributes = ''] of text.matchAll(/<input([^>]*)>/g)) {
    const [, name = ''] = / name="([^"]*)"/.exec(attributes) ?? [];
    const [, value = ''] = / value="([^"]*)"/.exec(attributes) ?? [];
    if (!attributes.includes('type="checkbox"') || attributes.includes(' checked')) fields.append(name, value);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) fields.delete(name);
    else fields.set(name, value);
  }
  return fields;
};

beforeEach(async () => {
  server = await startServer();
  await call('POST', '/v1/notification-types', { name: 'invoice.due', category: 'billing' });
  await call('POST', '/v1/notification-types', { name: 'invoice.paid', category: 'billing' });
  await call('POST', '/v1/notification-types', { name: 'release', category: 'news' });
  await call('POST', '/v1/notification-types', { name: 'breach', category: 'security', critical: true });
  const { status, text } = await call('POST', '/v1/subscribers', {
    ...{ id: 'jo', email: 'jo@example.org', name: 'Jo <b>', timezone: 'Europe/Berlin' },
  });
  if (status !== 201) throw new Error(text);
  const sign = await server.deps.linkTokens.signer();
  link = `/p/${sign('preferences', [server.tenants.acme.id, 'jo', newId()])}`;
});
afterEach(() => server.close());

it('shows what can be decided, and changes nothing by being opened or saved as it is', async () => {
  const { status, text, headers } = await server.call('GET', link);
  expect([status, headers.get('set-cookie')]).toEqual([200, null]);
  expect(text).toContain('For Jo &lt;b&gt;, by acme.');
  for (const word of ['<legend>billing</legend>', '<legend>news</legend>', 'invoice.paid', 'Mine (Europe/Berlin)']) {
    expect(text).toContain(word);
  }
  expect(text).not.toMatch(/security|by Slack/);
  const before = await preferences();
  expect((await post('')).status).toBe(200);
  const saved = await post(await form());
  expect(saved.text).toContain('It is saved, and holds from now on.');
  expect(await preferences()).toMatchObject({ global: before.global });
  expect(await off()).toEqual([]);
});

it('saves categories, types, channels, frequency and quiet hours, and shows them so', async () => {
  await post(
    await form({
      ...{ 'category news': null, 'type invoice.paid': null, 'frequency billing': 'daily' },
      ...{ quiet: 'on', start: '21:30', end: '06:15', zone: 'America/New_York', day: 'mon' },
    }),
  );
  expect(await preferences()).toMatchObject({
    global: { enabled: true },
    categories: { news: { enabled: false }, billing: { frequency: 'daily' } },
    types: { 'invoice.paid': { enabled: false } },
    quietHours: { enabled: true, start: '21:30', end: '06:15', timezone: 'America/New_York', days: ['mon'] },
  });
  const text = await shown();
  expect(text).toContain('<option value="daily" selected>');
  expect(text).toContain('<option value="America/New_York" selected>');
  expect(text).toContain('name="start" value="21:30"');
  expect(text).not.toMatch(/name="category news" value="on" checked/);
  expect(await off()).toEqual(['news']);
});

it('is in the audit log as the subscriber, where it changed something, without address and link', async () => {
  await post(await form({ 'category news': null }));
  for (let n = 0; n < 3; n++) await post(await form({ 'frequency billing': 'daily' }));
  const { items } = await server.store.audit.list({ filter: { action: 'preferences.set' }, limit: 9 });
  const entry = { actor: { kind: 'recipient', id: 'jo' }, outcome: 'done', tenant: 'acme', target: 'jo' };
  expect(items).toMatchObject([entry, entry]);
  const { before, after } = JSON.parse(items[1]?.detail ?? '');
  expect(before).toMatchObject({ preferences: { categories: {} }, unsubscribed: [] });
  expect(after).toMatchObject({ preferences: { categories: { news: { enabled: false } } }, unsubscribed: ['news'] });
  expect(JSON.stringify(items)).not.toMatch(/jo@example|\/p\//);
  expect(JSON.stringify(items)).not.toContain(link.slice('/p/'.length));
});

it('turns mail of a category off and on for all doors', async () => {
  const send = async (category: string) => {
    const json = {
      from: 'a@acme.example',
      to: ['jo@example.org'],
      subject: 's',
      textBody: 't',
      unsubscribe: { category },
    };
    return (await call('POST', '/v1/messages', json)).body.suppressedRecipients;
  };
  await post(await form({ 'category email billing': null }));
  expect([await send('billing'), await send('news')]).toEqual([['jo@example.org'], []]);
  expect(await preferences()).toMatchObject({ categories: { billing: { channels: { email: false } } } });
  await post(await form({ 'category email billing': 'on' }));
  expect(await send('billing')).toEqual([]);
  await post(await form({ on: null }));
  expect([await send('billing'), await send('news')]).toEqual([['jo@example.org'], ['jo@example.org']]);
  await post(await form({ on: 'on', 'by email': 'on' }));
  expect(await off()).toEqual([]);
});

it('shows what was turned off by the link of a mail', async () => {
  await call('POST', '/v1/unsubscribes', { email: 'jo@example.org', category: 'promo' });
  const text = await shown();
  expect(text).toContain('<legend>promo</legend>');
  expect(text).not.toMatch(/name="category email promo" value="on" checked/);
  expect(text).toMatch(/name="category email news" value="on" checked/);
});

it('leaves the only kind of a category off where a call turned it off', async () => {
  const said = { types: { release: { enabled: false } } };
  await call('PUT', '/v1/subscribers/jo/preferences', said);
  await post(await form());
  expect(await preferences()).toMatchObject(said);
  await post(await form({ 'type release': 'on' }));
  expect(await preferences()).toMatchObject({ types: { release: {} } });
});

it('keeps what calls said and it does not show', async () => {
  const said = { categories: { hidden: { enabled: false } }, types: { gone: { frequency: 'weekly' } } };
  await call('PUT', '/v1/subscribers/jo/preferences', said);
  await post(await form());
  expect(await preferences()).toMatchObject(said);
});

it.each([{ start: '25:00' }, { end: 'x' }, { zone: 'Mars/Base' }])('saves nothing of %j', async (wrong) => {
  const before = await preferences();
  const { status, text } = await post(await form({ quiet: 'on', 'category news': null, ...wrong }));
  expect(status).toBe(400);
  expect(text).toContain('Nothing is saved');
  expect(await preferences()).toEqual(before);
});

it('ends with its subscriber, and is for no other', async () => {
  const sign = await server.deps.linkTokens.signer();
  const { acme, rival } = server.tenants;
  const wrong = [
    `${link}A`,
    `/p/${sign('preferences', [rival.id, 'jo', newId()])}`,
    `/p/${sign('unsubscribe', [acme.id, 'jo', newId()])}`,
  ];
  for (const path of wrong) expect((await server.call('GET', path)).status).toBe(404);
  await call('DELETE', '/v1/subscribers/jo');
  for (const method of ['GET', 'POST']) expect((await server.call(method, link)).status).toBe(404);
});

it('opens nothing of a new subscriber with the id of a removed one', async () => {
  const sign = await server.deps.linkTokens.signer();
  const mailed = createIds({ now: () => Date.now() - 3_600_000 })();
  const old = `/p/${sign('preferences', [server.tenants.acme.id, 'jo', mailed])}`;
  const body = 'action=save';
  for (const method of ['GET', 'POST']) {
    const { status, text } = await server.call(method, old, method === 'POST' ? { body } : {});
    expect([status, text.includes('Jo')]).toEqual([404, false]);
  }
  expect(await preferences()).toMatchObject({ global: { enabled: true } });
});
