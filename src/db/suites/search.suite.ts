/** The contract of what finds messages: by any spelling, through whatever index, in pieces. */

import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../core/message.ts';
import type { MessageFilter } from '../verbs/messages.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, NOW, newMessage } from './suite.testing.ts';

export function searchSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`search: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    const acme: string = randomUUID();
    const globex: string = randomUUID();

    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      for (const [id, slug] of [
        [acme, 'acme'],
        [globex, 'globex'],
      ] as const) {
        await store.tenants.add({ id, slug, name: slug, settings: {}, now: NOW });
      }
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    async function accept(more: Partial<Message> = {}, to = ['to@x.example'], tenantId = acme): Promise<string> {
      const entry = newMessage(tenantId, { to: to.map((email) => ({ email })), ...more });
      await store.outbox.accept({ tenantId, messages: [entry] });
      return entry.message.id;
    }
    const find = async (filter: MessageFilter, tenantId = acme) =>
      (await store.messages.list({ tenantId, filter, limit: 100 })).items.map(({ id }) => id);

    /** Ends all that waits, but for that of `skipTenants`. */
    async function end(
      status: 'sent' | 'failed' | 'bounced',
      dead = false,
      skipTenants: readonly string[] = [],
    ): Promise<void> {
      const { jobs } = await store.outbox.claim({
        ...{ owner: 'a', now: NOW + DAY, leaseMs: DAY, limit: 100, skipTenants },
      });
      for (const { message, fence } of jobs) {
        await store.outbox.settle({
          ...{
            tenantId: message.tenantId,
            messageId: message.id,
            fence,
            at: NOW,
            status,
            events: [],
            ...(dead && { dead }),
          },
          recipients: [{ position: 0, status }],
          attempts: [{ provider: 'relay', startedAt: NOW, endedAt: NOW, outcome: 'rejected', counted: true }],
        });
      }
    }

    it.each([
      ['Ada.Lovelace@example.com', 'ada.lovelace@EXAMPLE.com', true],
      ['Ada.Lovelace@example.com', 'ADA.LOVELACE@example.com', true],
      ['Ada.Lovelace@example.com', '@Example.com', true],
      ['Ada.Lovelace@example.com', '@sub.example.com', false],
      ['Ada.Lovelace@sub.example.com', '@example.com', false],
      ['Ada.Lovelace@example.com', 'lovelace@example.com', false],
      ['user@xn--bcher-kva.example', 'user@bücher.example', true],
      ['user@xn--bcher-kva.example', 'USER@BÜCHER.example', true],
      ['user@xn--bcher-kva.example', '@bücher.example', true],
      ['Émile.Öz@example.com', 'émile.öz@example.com', true],
      ['émile.öz@example.com', 'ÉMILE.ÖZ@EXAMPLE.COM', true],
      ['a_b@example.com', '@exampl_.com', false],
    ])('finds %s by %s: %s', async (address, wanted, isFound) => {
      const id = await accept({ from: { email: address } }, ['first@y.example', address]);
      await accept({}, ['else@z.example']);
      await accept({ from: { email: address } }, [address], globex);
      const found = isFound ? [id] : [];
      expect(await find({ recipient: wanted })).toEqual(found);
      expect(await find({ recipient: wanted, status: ['queued'] })).toEqual(found);
      expect(await find({ sender: wanted })).toEqual(found);
      expect(
        (await store.messages.retryable({ tenantId: acme, filter: { recipient: wanted }, limit: 9 })).items,
      ).toHaveLength(found.length);
    });

    it.each([
      ['ÜBERWEISUNG', true],
      ['überweisung müller', true],
      ['straße', true],
      ['STRASSE', false],
      ['bücher', true],
      ['ХЕЛЬСИНКИ', true],
      ['xn--bcher', true],
      ['über%', false],
      ['', true],
    ])('finds words beyond ASCII in any case: %s', async (q, isFound) => {
      const id = await accept({ subject: 'Überweisung an MÜLLER, Straße 1, Хельсинки' }, [
        'user@xn--bcher-kva.example',
      ]);
      expect(await find({ q })).toEqual(isFound ? [id] : []);
    });

    it('finds a message by its id, in any case, and by its Message-ID with or without brackets', async () => {
      const id = await accept();
      expect(await find({ q: id.toUpperCase() })).toEqual([id]);
      expect(await find({ q: `<${id}@acme.example>` })).toEqual([id]);
      expect(await find({ q: `${id}@acme.example` })).toEqual([id]);
    });

    it('finds suppressed addresses by any spelling of their domain', async () => {
      const entry = { email: 'user@xn--bcher-kva.example', reason: 'manual' as const, createdAt: NOW };
      await store.suppressions.add({ tenantId: acme, entries: [entry] });
      for (const q of ['user@bücher.example', 'USER@', 'bcher-kva']) {
        expect((await store.suppressions.list({ tenantId: acme, q, limit: 9, now: NOW })).items).toHaveLength(1);
      }
    });

    /** Three of each end, and open ones, of two tenants, with times that go back in between. */
    async function variety(): Promise<void> {
      const batch = async (
        tenantId: string,
        createdAt: number,
        status?: 'sent' | 'failed' | 'bounced',
        dead = false,
      ) => {
        for (const step of [0, 0, 1]) {
          const more = { createdAt: createdAt + step, groupId: 'g', category: 'c', tags: ['t'] };
          await accept(more, ['to@x.example'], tenantId);
        }
        if (status) await end(status, dead, tenantId === acme ? [globex] : [acme]);
      };
      for (const tenantId of [globex, acme]) {
        await batch(tenantId, NOW, 'sent');
        await batch(tenantId, NOW + 50, 'failed');
        await batch(tenantId, NOW + 20, 'bounced');
        await batch(tenantId, NOW + 60, 'sent', true);
        await batch(tenantId, NOW + 10);
      }
    }

    const filters: readonly [string, MessageFilter, number][] = [
      ['all', {}, 15],
      ['a recipient', { recipient: 'to@x.example' }, 15],
      ['a group', { groupId: 'g' }, 15],
      ['open ones', { status: ['queued', 'scheduled', 'processing'] }, 3],
      ['one end', { status: ['failed'] }, 3],
      ['two ends', { status: ['failed', 'bounced'] }, 6],
      ['open ones and an end', { status: ['queued', 'failed'] }, 6],
      ['sent ones', { status: ['sent'] }, 6],
      ['dead letters', { dead: true }, 3],
      ['others', { dead: false }, 12],
      ['a category and a tag', { category: 'c', tag: 't' }, 15],
      ['a time', { createdFrom: NOW + 10, createdBefore: NOW + 51 }, 8],
      ['a time and an end', { createdFrom: NOW + 50, status: ['failed', 'bounced'] }, 3],
      ['a word', { q: 'x.example' }, 15],
    ];

    it.each([
      ['of one tenant', { tenantId: acme }, 1],
      ['of all', {}, 2],
    ])(
      'pages by cursor through every index, without gaps or repeats, whatever the times: %s',
      async (_whose, whose, tenants) => {
        await variety();
        for (const [what, filter, ofOne] of filters) {
          const count = ofOne * tenants;
          const seen: string[] = [];
          let cursor: string | undefined;
          do {
            const page = await store.messages.list({ ...whose, filter, limit: 2, ...(cursor && { cursor }) });
            seen.push(...page.items.map(({ id }) => id));
            cursor = page.cursor;
          } while (cursor !== undefined);
          expect([what, seen.length, new Set(seen).size]).toEqual([what, count, count]);
          const rest = await store.messages.list({ ...whose, filter, limit: 100, offset: 2 });
          expect([what, rest.items.map(({ id }) => id)]).toEqual([what, seen.slice(2)]);
        }
      },
    );

    it('lists nothing of a tenant that is being removed', async () => {
      const id = await accept();
      await accept({}, ['to@x.example'], globex);
      for (const tenantId of [acme, globex]) {
        const entry = { email: 'a@x.example', createdAt: NOW };
        await store.suppressions.add({ tenantId, entries: [entry] });
      }
      await store.tenants.remove({ tenantId: globex, force: true, now: NOW });
      expect((await store.messages.list({ filter: {}, limit: 9 })).items).toMatchObject([{ id, tenantSlug: 'acme' }]);
      const { items } = await store.suppressions.list({ limit: 9, now: NOW });
      expect(items).toMatchObject([{ email: 'a@x.example', tenantSlug: 'acme' }]);
    });

    it('pages through the suppressed addresses of all tenants', async () => {
      const emails = ['a@x.example', 'b@x.example', 'c@x.example'];
      for (const tenantId of [acme, globex]) {
        await store.suppressions.add({ tenantId, entries: emails.map((email) => ({ email, createdAt: NOW })) });
      }
      for (const limit of [1, 2, 3, 4, 6, 7]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await store.suppressions.list({ limit, now: NOW, ...(cursor && { cursor }) });
          expect(page.items.length).toBeLessThanOrEqual(limit);
          seen.push(...page.items.map(({ tenantSlug, email }) => `${tenantSlug} ${email}`));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(seen).toEqual(['acme', 'globex'].flatMap((slug) => emails.map((email) => `${slug} ${email}`)));
      }
    });

    it('finds what can be retried, each once, a page at a time', async () => {
      await variety();
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.messages.retryable({
          tenantId: acme,
          filter: {},
          limit: 2,
          ...(cursor && { cursor }),
        });
        found.push(...page.items.map(({ messageId }) => messageId));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect([found.length, new Set(found).size]).toEqual([12, 12]);
      const dead = await store.messages.retryable({ tenantId: acme, filter: { status: ['sent'] }, limit: 100 });
      expect(dead.items).toHaveLength(3);
    });

    it('retries only what is still as it was found', async () => {
      const [first, second] = [await accept(), await accept()];
      await end('failed');
      const { items: messages } = await store.messages.retryable({ tenantId: acme, filter: {}, limit: 9 });
      expect(messages).toHaveLength(2);
      await store.messages.retry({ tenantId: acme, messageId: first, now: NOW });
      expect(await store.messages.retryEach({ tenantId: globex, messages, now: NOW })).toEqual([]);
      expect(await store.messages.retryEach({ tenantId: acme, messages, now: NOW })).toEqual([
        { messageId: second, status: 'queued' },
      ]);
      expect(await store.messages.retryEach({ tenantId: acme, messages, now: NOW })).toEqual([]);
    });

    it('cancels what waits, a page at a time, and only while it is still as it was found', async () => {
      const [first, second] = [await accept(), await accept({ scheduledAt: NOW + 2 * DAY, category: 'c' })];
      await accept({}, ['to@x.example'], globex);
      await end('failed');
      const third = await accept();
      const found = (filter: MessageFilter) => store.messages.cancellable({ tenantId: acme, filter, limit: 1 });
      const page = await found({});
      expect(page).toMatchObject({ items: [{ messageId: third }], cursor: expect.any(String) });
      const rest = await store.messages.cancellable({
        ...{ tenantId: acme, filter: {}, limit: 9 },
        ...(page.cursor && { cursor: page.cursor }),
      });
      expect(rest.items.map(({ messageId }) => messageId)).toEqual([second]);
      expect(rest.cursor).toBeUndefined();
      expect((await found({ category: 'c' })).items).toEqual(rest.items);
      expect((await found({ recipient: 'nobody@x.example' })).items).toEqual([]);
      const messages = [...page.items, ...rest.items, { messageId: first, status: 'failed', dead: false } as const];
      await store.messages.reschedule({ tenantId: acme, messageId: second, scheduledAt: NOW, now: NOW });
      expect(await store.messages.cancelEach({ tenantId: globex, messages, now: NOW })).toEqual([]);
      expect(await store.messages.cancelEach({ tenantId: acme, messages, now: NOW })).toEqual([
        { messageId: third, status: 'cancelled' },
      ]);
    });

    it('finds the same by the index of texts as by looking at each message, also those that it does not hold yet', async () => {
      const subjects = ['Your invoice', 'INVOICE 17 is "ready"', 'Ünïcode Rechnung', 'in', '50 % off_now', 'xn--x'];
      const send = async (subject: string, at: number) => {
        await accept(
          {
            subject: `${subject} ${at}`,
            from: { email: at % 2 === 0 ? 'Billing@acme.example' : 'news@xn--bcher-kva.example' },
            ...(at % 3 > 0 && { category: at % 3 === 1 ? 'Bills' : 'ähm' }),
            tags: at % 4 === 0 ? ['beta', 'two words'] : [],
          },
          [`user${at}@x.example`, `copy${at}@xn--bcher-kva.example`],
          at % 5 === 0 ? globex : acme,
        );
      };
      for (let at = 0; at < 30; at += 1) await send(subjects[at % subjects.length] ?? '', at);
      const [some] = (await store.messages.list({ tenantId: acme, filter: {}, limit: 1 })).items;
      const filters: readonly MessageFilter[] = [
        ...[
          'invoice',
          'INVOICE',
          'voic',
          'in',
          '17 "ready"',
          '% off',
          'off_',
          'ünï',
          'bücher',
          'cher.example',
          'cher-kva',
        ].map((q) => ({ q })),
        ...[some?.id ?? '', `${some?.id} invoice`, 'nothing', 'user1', 'USER1@x', 'billing', 'x.example your'].map(
          (q) => ({ q }),
        ),
        ...['Billing@ACME.example', 'news@bücher.example', '@acme.example', '@bücher.example', '@x'].map((sender) => ({
          sender,
        })),
        ...['@x.example', '@bücher.example', '@nowhere.example'].map((recipient) => ({ recipient })),
        ...['Bills', 'bills', 'ähm', 'Bill'].map((category) => ({ category })),
        ...['beta', 'two words', 'two'].map((tag) => ({ tag })),
        { q: 'invoice', category: 'Bills', createdFrom: NOW },
      ];
      const all = () => Promise.all(filters.flatMap((filter) => [find(filter), find(filter, globex)]));
      const looked = await all();
      expect(looked.filter((ids) => ids.length > 0).length).toBeGreaterThan(30);
      expect(await store.messages.makeSearchable({ limit: 20 })).toBe(20);
      expect(await all()).toEqual(looked);
      while ((await store.messages.makeSearchable({ limit: 7 })) > 0);
      expect(await all()).toEqual(looked);

      const gone = (await find({ q: 'invoice' }))[0] ?? '';
      await store.messages.cancel({ tenantId: acme, messageId: gone, now: NOW });
      await store.messages.remove({ tenantId: acme, messageId: gone });
      expect(await find({ q: 'invoice' })).not.toContain(gone);
    });

    it('finds a message that has the number of one that was removed from the index', async () => {
      const removed = await accept({ subject: 'To be removed' });
      await store.messages.makeSearchable({ limit: 9 });
      await store.messages.cancel({ tenantId: acme, messageId: removed, now: NOW });
      await store.messages.remove({ tenantId: acme, messageId: removed });
      const id = await accept({ subject: 'In its place' });
      expect(await find({ q: 'place' })).toEqual([id]);
      await store.messages.makeSearchable({ limit: 9 });
      expect(await find({ q: 'place' })).toEqual([id]);
      expect(await find({ q: 'removed' })).toEqual([]);
    });

    it('pages through what the index of texts finds', async () => {
      const sent: string[] = [];
      for (let at = 0; at < 7; at += 1) sent.unshift(await accept({ subject: `Page ${at}` }));
      await store.messages.makeSearchable({ limit: 4 });
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.messages.list({
          ...{ tenantId: acme, filter: { q: 'page' }, limit: 2 },
          ...(cursor && { cursor }),
        });
        found.push(...page.items.map(({ id }) => id));
        cursor = page.cursor;
      } while (cursor !== undefined);
      expect(found).toEqual(sent);
    });

    it('finds what a provider was given last', async () => {
      const id = await accept();
      await end('failed');
      const of = async (provider: string) =>
        (await store.messages.list({ tenantId: acme, filter: { provider }, limit: 9 })).items.map((row) => row.id);
      expect([await of('relay'), await of('spare')]).toEqual([[id], []]);
    });

    it('flushes all that waits, due or not, a part at a time, and only of the tenant that is meant', async () => {
      for (let count = 0; count < 5; count++) await accept();
      await accept({ scheduledAt: NOW + DAY });
      await accept({}, ['to@x.example'], globex);
      const flush = async (tenantId?: string) => {
        let flushed = 0;
        let after: number | undefined;
        do {
          const part = { now: NOW, limit: 2, ...(tenantId && { tenantId }), ...(after !== undefined && { after }) };
          const done = await store.outbox.flush(part);
          flushed += done.flushed;
          after = done.next;
        } while (after !== undefined);
        return flushed;
      };
      const { jobs } = await store.outbox.claim({ owner: 'a', now: NOW, leaseMs: DAY, limit: 9, skipTenants: [] });
      for (const { message, fence } of jobs) {
        await store.outbox.release({ messageId: message.id, fence, dueAt: NOW + 60_000 });
      }
      expect(await flush(acme)).toBe(5);
      const due = (await store.outbox.queue({ now: NOW })).rows.map((row) => [row.tenantSlug, row.waiting, row.due]);
      expect(due).toEqual([
        ['acme', 6, 5],
        ['globex', 1, 0],
      ]);
      expect(await flush()).toBe(6);
      expect(await flush()).toBe(6);
      expect(await store.outbox.flushes()).toBe(3);
    });

    it('begins a look at the log before every event of the time that is asked for, however late it was written', async () => {
      const at = [10, 20, 100_000_000, 30, 40, 35, 50];
      for (const time of at) await accept({ createdAt: NOW + time });
      const seen = async (time: number) => {
        const position = await store.events.positionBefore(NOW + time);
        return (await store.events.after({ position, limit: 20 })).events.map((event) => event.at - NOW);
      };
      expect(await seen(0)).toEqual(at);
      expect(await seen(36)).toEqual([100_000_000, 30, 40, 35, 50]);
      expect(await seen(100_000_001)).toEqual([]);
    });

    it('finds the first event of a time among thousands, however late they were written', async () => {
      const times: number[] = [];
      for (let batch = 0; batch < 12; batch += 1) {
        const messages = Array.from({ length: 300 }, (_, one) => {
          const at = batch * 1000 + one + (one % 97 === 5 ? 4000 : 0) - (one % 89 === 3 ? 6000 : 0);
          times.push(at);
          return newMessage(acme, { createdAt: NOW + at });
        });
        await store.outbox.accept({ tenantId: acme, messages });
      }
      for (const at of [-7000, -5000, 0, 3, 1500, 4003, 8888, 11_299, 15_000, 15_300]) {
        const found = times.findIndex((time) => time >= at);
        const expected = found === -1 ? times.length : found;
        const position = await store.events.positionBefore(NOW + at);
        const { events } = await store.events.after({ position, limit: times.length });
        expect(events.length, String(at)).toBe(times.length - expected);
      }
    });

    describe('a tenant that is removed', () => {
      it('is closed at once, and goes bit by bit, also after a crash', async () => {
        for (let count = 0; count < 5; count++) await accept();
        const kept = await accept({}, ['to@x.example'], globex);
        const entry = { email: 'a@x.example', reason: 'manual' as const, createdAt: NOW };
        for (const tenantId of [acme, globex]) await store.suppressions.add({ tenantId, entries: [entry] });
        await store.tenants.remove({ tenantId: acme, force: true, now: NOW });
        expect((await store.tenants.list()).map(({ slug }) => slug)).toEqual(['globex']);
        expect(await store.tenants.beingRemoved()).toMatchObject([{ id: acme, slug: 'acme', active: false }]);
        await expect(accept()).rejects.toMatchObject({ code: 'not_found' });
        await expect(find({})).rejects.toMatchObject({ code: 'not_found' });
        const claimed = await store.outbox.claim({ owner: 'a', now: NOW, leaseMs: 1, limit: 9, skipTenants: [] });
        expect(claimed.jobs.map(({ message }) => message.id)).toEqual([kept]);
        expect((await store.outbox.queue({ now: NOW })).rows.map((row) => row.tenantSlug)).toEqual(['globex']);

        expect(await store.tenants.clear({ limit: 2 })).toEqual({ isDone: false });
        await store.close();
        store = await harness.reopen();
        let pieces = 1;
        for (let isDone = false; !isDone; pieces++) ({ isDone } = await store.tenants.clear({ limit: 2 }));
        expect(pieces).toBeGreaterThan(3);
        expect(await store.tenants.beingRemoved()).toEqual([]);
        expect(await harness.problems()).toEqual([]);
        expect(await find({}, globex)).toEqual([kept]);
        expect((await store.suppressions.list({ tenantId: globex, limit: 9, now: NOW })).items).toHaveLength(1);
      });

      it('leaves its name to another', async () => {
        await accept();
        await store.tenants.remove({ tenantId: acme, force: true, now: NOW });
        const again = await store.tenants.add({ id: randomUUID(), slug: 'acme', name: 'x', settings: {}, now: NOW });
        expect((await store.tenants.list()).map(({ slug }) => slug)).toEqual(['acme', 'globex']);
        for (let isDone = false; !isDone; ) ({ isDone } = await store.tenants.clear({ limit: 9 }));
        expect((await store.tenants.list()).map(({ id }) => id)).toEqual([again.id, globex]);
      });
    });
  });
}
