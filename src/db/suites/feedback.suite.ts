/** The contract of what comes back: once each, in any order, to the message it is about, and to no other tenant's. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job, Message, Status } from '../../core/message.ts';
import { KEPT_HITS } from '../rules/hit.ts';
import { feedbackDoors, type NewFeedback } from '../verbs/feedback.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW, newId, openWithTenants, takeMessage } from './suite.testing.ts';

const HARD = { class: 'hard', code: 550, enhanced: '5.1.1', diagnostic: '550 5.1.1 no such user' } as const;

export function feedbackSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`feedback: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: string;
    let globex: string;

    beforeEach(async () => {
      const opened = await openWithTenants(createHarness);
      ({ harness, store } = opened);
      acme = opened.acme.id;
      globex = opened.globex.id;
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    /** Accepted and claimed, to these addresses. */
    const take = (tenantId: string, to: readonly string[], more: Partial<Message> = {}) =>
      takeMessage(store, { tenantId, to, more });

    async function settle(
      { message, recipients, fence }: Job,
      { status = 'sent' as Status, providerMessageId }: { status?: Status; providerMessageId?: string } = {},
    ): Promise<string> {
      const attempt = {
        ...({ provider: 'relay', startedAt: NOW, endedAt: NOW + 2, outcome: 'delivered', counted: true } as const),
        ...(providerMessageId !== undefined && {
          ids: new Map(recipients.map(({ position }) => [position, providerMessageId])),
        }),
      };
      await store.outbox.settle({
        ...{ tenantId: message.tenantId, messageId: message.id, fence, at: NOW + 2, status, events: [] },
        recipients: recipients.map(({ position }) => ({ position, status })),
        attempts: [attempt],
      });
      return message.id;
    }

    const send = async (tenantId: string, to: readonly string[], more?: Partial<Message>) =>
      settle(await take(tenantId, to, more));
    const record = (...feedback: NewFeedback[]) => store.feedback.record({ feedback, door: 'import', now: NOW + 100 });
    const about = (messageId: string, more: Partial<NewFeedback> = {}): NewFeedback => ({
      ...{ kind: 'delivered', at: NOW + 50, recipient: 'a@x.example', data: {} },
      ...{ about: { messageId }, ...more },
    });
    const detail = async (tenantId: string, messageId: string) => {
      const found = await store.messages.get({ tenantId, messageId });
      if (found === undefined) throw new Error('no such message');
      return found;
    };
    const statusesOf = async (tenantId: string, messageId: string) => {
      const { status, recipients } = await detail(tenantId, messageId);
      return [status, ...recipients.map((one) => one.status)];
    };
    const historyOf = async (tenantId: string, messageId: string) =>
      (await detail(tenantId, messageId)).events.map(({ type }) => type);
    const suppressionOf = (tenantId: string, email: string) =>
      store.suppressions.get({ tenantId, email, now: NOW + 100 });

    it('is in the history with its source, and raises the statuses of recipient and message', async () => {
      const id = await send(acme, ['a@x.example', 'b@x.example']);
      const [taken] = await record(about(id, { provider: 'relay', recipient: 'A@x.example' }));
      expect(taken).toEqual({
        ...{ isNew: true, provider: 'relay' },
        match: { tenantId: acme, messageId: id, recipient: 'a@x.example' },
      });
      expect(await statusesOf(acme, id)).toEqual(['sent', 'delivered', 'sent']);
      await record(about(id, { recipient: 'b@x.example' }));
      expect(await statusesOf(acme, id)).toEqual(['delivered', 'delivered', 'delivered']);
      await record(about(id, { kind: 'bounced', data: HARD }));
      expect(await statusesOf(acme, id)).toEqual(['delivered', 'bounced', 'delivered']);
      await record(about(id, { kind: 'complained', recipient: 'b@x.example' }));
      expect(await statusesOf(acme, id)).toEqual(['complained', 'bounced', 'complained']);

      const { events, recipients } = await detail(acme, id);
      expect(events.slice(-4).map(({ type, recipient, data }) => [type, recipient, data.source])).toEqual([
        ['delivered', 'a@x.example', 'relay'],
        ['delivered', 'b@x.example', 'relay'],
        ['bounced', 'a@x.example', 'relay'],
        ['complained', 'b@x.example', 'relay'],
      ]);
      expect(events.at(-2)).toMatchObject({ at: NOW + 50, data: HARD });
      expect(recipients[0]).toMatchObject({ reply: HARD.diagnostic });
    });

    it('means the recipient whose return path it came to, whatever address it names, and one of each is kept', async () => {
      const id = await send(acme, ['a@x.example', 'b@x.example']);
      const returned = (position: number, more: Partial<NewFeedback> = {}) =>
        about(id, { kind: 'bounced', data: HARD, about: { messageId: id, position }, ...more });
      const data = { ...HARD, diagnostic: '550 5.1.1 <a@x.example> and <b@x.example>: no such users' };
      const elsewhere = { recipient: 'elsewhere@y.example', eventId: '<r@y>', data };
      const taken = await record(returned(1, elsewhere), returned(0, elsewhere), returned(1, elsewhere));
      expect(taken.map(({ isNew, match }) => [isNew, match?.recipient])).toEqual([
        [true, 'b@x.example'],
        [true, 'a@x.example'],
        [false, 'b@x.example'],
      ]);
      expect(await statusesOf(acme, id)).toEqual(['bounced', 'bounced', 'bounced']);
      const [nobody] = await record(returned(9));
      expect(nobody?.match).toEqual({ tenantId: acme, messageId: id });
    });

    it('counts nothing where another address failed, to which the recipient forwards', async () => {
      const forwarded = [
        { recipient: 'old.copy@y.example' },
        { recipient: 'a@x.example', finalRecipient: 'member@y.example' },
      ];
      for (const named of [...forwarded, ...forwarded]) {
        const id = await send(acme, ['a@x.example']);
        const [taken] = await record(about(id, { kind: 'bounced', data: HARD, ...named }));
        expect(taken).toMatchObject({ match: { recipient: 'a@x.example' }, class: 'soft' });
        expect(await statusesOf(acme, id)).toEqual(['sent', 'sent']);
        expect((await detail(acme, id)).events.at(-1)?.data).toMatchObject({ ...HARD, class: 'soft' });
      }
      expect(await suppressionOf(acme, 'a@x.example')).toBeUndefined();
    });

    it('is of the address that it names in the end where it was not for the other one', async () => {
      const id = await send(acme, ['a@x.example', 'b@x.example']);
      const named = { recipient: 'alias@y.example', finalRecipient: 'B@x.example' };
      const [taken] = await record(about(id, { kind: 'bounced', data: HARD, ...named }));
      expect(taken).toMatchObject({ match: { recipient: 'b@x.example' } });
      expect(await statusesOf(acme, id)).toEqual(['sent', 'sent', 'bounced']);
    });

    it('that names nobody is of the recipient whose request it was, and of none where that had several', async () => {
      const unnamed = { kind: 'complained', at: NOW + 50, provider: 'relay', data: {} } as const;
      const job = await take(acme, ['a@x.example', 'b@x.example', 'c@x.example']);
      await store.outbox.settle({
        ...{ tenantId: acme, messageId: job.message.id, fence: job.fence, at: NOW + 2, status: 'sent', events: [] },
        recipients: job.recipients.map(({ position }) => ({ position, status: 'sent' })),
        attempts: [
          {
            ...{ provider: 'relay', startedAt: NOW, endedAt: NOW + 2, outcome: 'delivered', counted: true },
            ids: new Map([
              [0, 'v-a'],
              [1, 'v-bc'],
              [2, 'v-bc'],
            ]),
          },
        ],
      });
      const messageId = job.message.id;
      const [several, one] = await record(
        { ...unnamed, about: { messageId, providerMessageId: 'v-bc' } },
        { ...unnamed, about: { messageId, providerMessageId: 'v-a' } },
      );
      expect(several?.match).toEqual({ tenantId: acme, messageId });
      expect(one?.match).toMatchObject({ recipient: 'a@x.example' });
      expect(await statusesOf(acme, messageId)).toEqual(['complained', 'complained', 'sent', 'sent']);
      expect(await suppressionOf(acme, 'b@x.example')).toBeUndefined();
    });

    it('that comes to a return path again and again is kept some tens of times', async () => {
      const id = await send(acme, ['a@x.example', 'b@x.example']);
      const returned = (position: number, at: number) =>
        about(id, { kind: 'delivery_delayed', eventId: `<${at}@y>`, about: { messageId: id, position } });
      const taken = await record(...Array.from({ length: 60 }, (_, at) => returned(0, at)));
      expect(taken.filter(({ isNew }) => isNew)).toHaveLength(50);
      expect((await record(returned(1, 1))).map(({ isNew }) => isNew)).toEqual([true]);
      // Another door is not closed by it.
      expect((await record(about(id, { kind: 'complained' }))).map(({ isNew }) => isNew)).toEqual([true]);
    });

    it('that a vendor tells of a reading is in the history each time, where our own pixel is only counted after a while', async () => {
      const id = await send(acme, ['a@x.example']);
      const opens = Array.from({ length: KEPT_HITS + 5 }, (_, at) =>
        about(id, { kind: 'opened', at: NOW + at, provider: 'relay' }),
      );
      await record(...opens);
      await record(...opens);
      const kinds = await historyOf(acme, id);
      expect(kinds.filter((kind) => kind === 'opened')).toHaveLength(KEPT_HITS + 5);
    });

    it('is owed to the webhooks that want it', async () => {
      const endpoint = { id: newId(), tenantId: acme, url: 'https://x', secret: 's' };
      await store.webhooks.add({ ...endpoint, events: ['bounced', 'opened'], max: 1, now: NOW });
      const id = await send(acme, ['a@x.example']);
      await record(about(id), about(id, { kind: 'opened' }), about(id, { kind: 'bounced', data: HARD }));
      expect(await store.webhooks.fanOut({ limit: 100, now: NOW })).toMatchObject({ made: 2 });
    });

    it('makes a message bounced where nobody has it any more', async () => {
      const id = await send(acme, ['a@x.example']);
      await record(about(id, { kind: 'bounced', data: HARD }));
      expect(await detail(acme, id)).toMatchObject({ status: 'bounced', lastError: HARD.diagnostic });
    });

    it('never takes a status back, in whatever order things come', async () => {
      const id = await send(acme, ['a@x.example']);
      await record(about(id, { kind: 'complained' }), about(id), about(id, { kind: 'bounced', data: HARD }));
      expect(await statusesOf(acme, id)).toEqual(['complained', 'complained']);
      expect((await historyOf(acme, id)).slice(-3)).toEqual(['complained', 'delivered', 'bounced']);
    });

    it('counts hard bounces towards a suppression, and those of policy and of full mailboxes never', async () => {
      const classes = ['policy', 'soft', 'vendor-suppressed', 'policy', 'hard', 'hard', 'hard'];
      const ids: string[] = [];
      for (const [at, reason] of classes.entries()) {
        expect(await suppressionOf(acme, 'a@x.example')).toBeUndefined();
        const id = await send(acme, ['a@x.example']);
        ids.push(id);
        await record(about(id, { kind: 'bounced', at: NOW + at, data: { ...HARD, class: reason } }));
        expect(await statusesOf(acme, id)).toEqual(reason === 'hard' ? ['bounced', 'bounced'] : ['sent', 'sent']);
      }
      expect(await suppressionOf(acme, 'a@x.example')).toMatchObject({
        reason: 'hard_bounce',
        evidence: ids.slice(-3).map((messageId) => ({ messageId, reply: HARD.diagnostic })),
      });
      expect(await suppressionOf(globex, 'a@x.example')).toBeUndefined();
      expect((await detail(acme, ids.at(-1) ?? '')).events.at(-1)?.data).toMatchObject({ suppressed: true });
    });

    it('suppresses who complains or unsubscribes at once, in the same commit', async () => {
      const id = await send(acme, ['a@x.example', 'b@x.example']);
      await record(about(id, { kind: 'complained' }), about(id, { kind: 'unsubscribed', recipient: 'b@x.example' }));
      expect(await suppressionOf(acme, 'a@x.example')).toMatchObject({ reason: 'complaint' });
      expect(await suppressionOf(acme, 'b@x.example')).toMatchObject({ reason: 'unsubscribe' });
      expect(await statusesOf(acme, id)).toEqual(['complained', 'complained', 'sent']);
    });

    it('that nothing proves is in the history, and held against nobody where one is enough; believed later, it counts', async () => {
      const id = await send(acme, ['a@x.example']);
      const claims = (['complained', 'unsubscribed', 'bounced'] as const).map((kind) =>
        about(id, { kind, eventId: `<${kind}@y>`, data: kind === 'bounced' ? HARD : {} }),
      );
      const taken = await record(...claims.map((claim) => ({ ...claim, isUnproved: true })));
      const unknown = { isNew: true, match: { tenantId: acme, messageId: id }, provider: 'relay' };
      expect(taken).toEqual([unknown, unknown, { ...unknown, match: { ...unknown.match, recipient: 'a@x.example' } }]);
      expect(await suppressionOf(acme, 'a@x.example')).toBeUndefined();
      expect(await statusesOf(acme, id)).toEqual(['bounced', 'bounced']);
      const { events } = await detail(acme, id);
      expect(events.slice(-3).map(({ type, recipient, data }) => [type, recipient, data.unproved])).toEqual([
        ['complained', undefined, true],
        ['unsubscribed', undefined, true],
        ['bounced', 'a@x.example', undefined],
      ]);

      expect((await record(...claims)).map(({ isNew }) => isNew)).toEqual([true, true, false]);
      expect(await suppressionOf(acme, 'a@x.example')).toMatchObject({ reason: 'complaint' });
      expect(await statusesOf(acme, id)).toEqual(['complained', 'complained']);
    });

    it('is held against nobody where an unproved hard bounce names one of several, who could each have made it up', async () => {
      const ids: string[] = [];
      for (const at of [1, 2, 3]) {
        const id = await send(acme, ['a@x.example', 'b@x.example']);
        ids.push(id);
        const bounce = about(id, { kind: 'bounced', at: NOW + at, eventId: `<${at}@y>`, data: HARD, isUnproved: true });
        expect((await record(bounce))[0]?.match).toEqual({ tenantId: acme, messageId: id });
        expect(await statusesOf(acme, id)).toEqual(['sent', 'sent', 'sent']);
        const last = (await detail(acme, id)).events.at(-1);
        expect([last?.type, last?.recipient, last?.data.unproved]).toEqual(['bounced', undefined, true]);
      }
      expect(await suppressionOf(acme, 'a@x.example')).toBeUndefined();
      const believed = about(ids[2] ?? '', { kind: 'bounced', at: NOW + 3, eventId: '<3@y>', data: HARD });
      expect((await record(believed, believed)).map(({ isNew }) => isNew)).toEqual([true, false]);
      expect(await statusesOf(acme, ids[2] ?? '')).toEqual(['sent', 'bounced', 'sent']);
    });

    it('is taken once: by the id of its event, else by message, recipient, kind and time', async () => {
      const id = await send(acme, ['a@x.example', 'b@x.example']);
      const named = about(id, { eventId: 'e1', provider: 'relay' });
      const news = async (...all: NewFeedback[]) => (await record(...all)).map(({ isNew }) => isNew);
      expect(await news(named, named, { ...named, at: NOW + 70 })).toEqual([true, false, false]);
      expect(await news({ ...named, eventId: 'e2' })).toEqual([true]);
      const unnamed = about(id, { kind: 'opened' });
      expect(await news(unnamed, { ...unnamed, recipient: 'A@X.example' })).toEqual([true, false]);
      expect(await news({ ...unnamed, at: NOW + 60 }, { ...unnamed, recipient: 'b@x.example' })).toEqual([true, true]);
      expect(await news({ ...unnamed, kind: 'clicked' })).toEqual([true]);
      expect(await news(named, unnamed)).toEqual([false, false]);
      expect((await historyOf(acme, id)).filter((type) => type !== 'queued')).toHaveLength(6);
    });

    it('is taken with a token once, also after a restart; a token that is used up changes nothing', async () => {
      const id = await send(acme, ['a@x.example']);
      const once = (token: string, given: NewFeedback, now = NOW) =>
        store.feedback.recordOnce({
          ...{ feedback: [given], door: 'callback', token: { id: token, until: NOW + MINUTE }, now },
        });
      expect(await once('t1', about(id))).toMatchObject([{ isNew: true, match: { messageId: id } }]);
      expect(await once('t1', about(id, { kind: 'complained' }))).toBeUndefined();
      await store.close();
      store = await harness.open();
      expect(await once('t1', about(id, { kind: 'complained' }))).toBeUndefined();
      expect(await statusesOf(acme, id)).toEqual(['delivered', 'delivered']);
      expect(await once('t2', about(id))).toMatchObject([{ isNew: false }]);
      // What is refused for its age is not kept.
      await once('t3', about(id), NOW + 2 * MINUTE);
      expect(await once('t1', about(id), NOW + 2 * MINUTE)).toBeDefined();
    });

    it('finds its message by the id of IEP, else by that of the provider, else by the Message-ID', async () => {
      const mine = await send(acme, ['a@x.example']);
      const theirs = await settle(await take(acme, ['a@x.example', 'b@x.example']), { providerMessageId: 'v1' });
      const whole = await send(acme, ['a@x.example'], { messageIdHeader: '<invoice-7@acme.example>' });
      const match = async (given: Partial<NewFeedback>) => (await record(about(mine, given)))[0]?.match?.messageId;
      const headers = { providerMessageId: 'v1', messageIdHeader: '<invoice-7@acme.example>' };
      expect(await match({ provider: 'relay', about: { messageId: mine, ...headers } })).toBe(mine);
      expect(await match({ provider: 'relay', about: { messageId: newId(), ...headers } })).toBe(theirs);
      expect(await match({ provider: 'relay', recipient: 'c@x.example', about: headers })).toBeUndefined();
      expect(await match({ about: headers })).toBe(whole);
      expect(await match({ provider: 'relay', about: { messageIdHeader: headers.messageIdHeader } })).toBe(whole);
      expect(await match({ about: { messageIdHeader: `<${mine}@acme.example>` } })).toBe(mine);
      expect(await match({ about: { messageIdHeader: `<${mine}@forged.example>` } })).toBeUndefined();
      expect(await match({ about: { messageId: 'no id at all' } })).toBeUndefined();
    });

    it('of a provider that has another name now finds the mail that went by the old one, and counts for that', async () => {
      const own = await send(acme, ['a@x.example']);
      const named = await settle(await take(acme, ['a@x.example', 'b@x.example']), { providerMessageId: 'v1' });
      const told = (given: Partial<NewFeedback>) =>
        record({ kind: 'delivered', at: NOW + 50, recipient: 'a@x.example', data: {}, about: {}, ...given });
      const now = { provider: 'relay-eu', eventId: 'e1', about: { messageId: own } };
      const other = { provider: 'relay-eu', about: { providerMessageId: 'v1' } };
      expect([await told(now), await told(other)]).toMatchObject([[{ isNew: true }], [{ isNew: true }]]);
      const called = { formerNames: ['older', 'relay'] };
      const match = { tenantId: acme, recipient: 'a@x.example' };
      expect(await told({ ...now, ...called })).toEqual([
        { isNew: true, provider: 'relay', match: { ...match, messageId: own } },
      ]);
      expect(await told({ ...other, ...called })).toEqual([
        { isNew: true, provider: 'relay', match: { ...match, messageId: named } },
      ]);
      // It was told under the old name already.
      expect(await told({ ...now, provider: 'relay' })).toMatchObject([{ isNew: false }]);
      expect((await store.tallies.list({ from: NOW, until: NOW + MINUTE })).map(({ provider }) => provider)).toEqual([
        'relay',
      ]);
      // A key proves nothing about the mail of another.
      expect((await told({ ...now, eventId: 'e2', formerNames: ['older'] }))[0]?.match).toBeUndefined();
    });

    it('is of the one recipient that the id of its provider is for', async () => {
      const job = await take(acme, ['a@x.example', 'b@x.example']);
      await store.outbox.settle({
        ...{ tenantId: acme, messageId: job.message.id, fence: job.fence, at: NOW + 2, status: 'sent', events: [] },
        recipients: job.recipients.map(({ position }) => ({ position, status: 'sent' })),
        attempts: [
          {
            ...{ provider: 'relay', startedAt: NOW, endedAt: NOW + 2, outcome: 'delivered', counted: true },
            ids: new Map([
              [0, 'v-a'],
              [1, 'v-b'],
            ]),
          },
        ],
      });
      const { recipients } = await detail(acme, job.message.id);
      expect(recipients.map(({ providerMessageId }) => providerMessageId)).toEqual(['v-a', 'v-b']);
      const about = { providerMessageId: 'v-b' };
      await record({ kind: 'delivered', at: NOW + 50, provider: 'relay', data: {}, about });
      expect(await statusesOf(acme, job.message.id)).toEqual(['sent', 'sent', 'delivered']);
    });

    it('crosses no tenants: a Message-ID that two of them wrote means neither', async () => {
      const header = { messageIdHeader: '<same@acme.example>' };
      const ids = [await send(acme, ['a@x.example'], header), await send(globex, ['a@x.example'], header)];
      const [taken] = await record(about('', { kind: 'complained', about: header }));
      expect(taken).toEqual({ isNew: true });
      for (const [at, tenantId] of [acme, globex].entries()) {
        expect(await suppressionOf(tenantId, 'a@x.example')).toBeUndefined();
        expect(await statusesOf(tenantId, ids[at] ?? '')).toEqual(['sent', 'sent']);
      }
      await record(about(ids[0] ?? '', { kind: 'complained' }));
      expect(await suppressionOf(globex, 'a@x.example')).toBeUndefined();
      expect(await historyOf(globex, ids[1] ?? '')).not.toContain('complained');
    });

    it('crosses no tenants by an id that one of them wrote into a message of its own', async () => {
      const sent = async (tenantId: string, to: string, providerMessageId: string, more?: Partial<Message>) =>
        settle(await take(tenantId, [to], more), { providerMessageId });
      const victim = await sent(acme, 'boss@x.example', 'v-victim');
      const header = `<${victim}@acme.example>`;
      const own = await sent(globex, 'boss@x.example', 'v-own', { messageIdHeader: header });
      const told = (recipient: string, id: string, more: Partial<NewFeedback> = {}): NewFeedback => ({
        ...{ kind: 'complained', provider: 'relay', at: NOW + 50, recipient, data: {}, eventId: newId() },
        ...{ about: { messageId: victim, messageIdHeader: header, providerMessageId: id }, ...more },
      });
      const matches = async (...feedback: NewFeedback[]) =>
        (await record(...feedback)).map(({ match }) => match?.messageId);

      // To the same person, to somebody else, of a message that is not known here, and told by a provider that never had it.
      expect(await matches(told('boss@x.example', 'v-own'))).toEqual([own]);
      expect(await matches(told('me@y.example', 'v-own'))).toEqual([own]);
      expect(await matches(told('boss@x.example', 'v-unknown'))).toEqual([undefined]);
      const unnamed = { messageId: victim, messageIdHeader: header };
      expect(await matches(told('me@y.example', '', { about: unnamed }))).toEqual([undefined]);
      expect(await matches(told('boss@x.example', 'v-other', { provider: 'other' }))).toEqual([undefined]);
      expect(await matches(told('boss@x.example', '', { provider: 'other', about: unnamed }))).toEqual([undefined]);
      expect(await suppressionOf(acme, 'boss@x.example')).toBeUndefined();
      expect(await statusesOf(acme, victim)).toEqual(['sent', 'sent']);

      // What the provider really tells of it, also of where it was forwarded to.
      expect(await matches(told('boss@x.example', 'v-victim'), told('forwarded@y.example', 'v-victim'))).toEqual([
        victim,
        victim,
      ]);
      expect(await statusesOf(acme, victim)).toEqual(['complained', 'complained']);
    });

    it('is of a message whose provider never said what it calls it, or called it something else in another attempt', async () => {
      const job = await take(acme, ['a@x.example']);
      const tried = (outcome: 'unknown' | 'delivered', ids: readonly (readonly [number, string])[]) => ({
        ...({ provider: 'relay', startedAt: NOW, endedAt: NOW + 2, outcome, counted: true } as const),
        ids: new Map(ids),
      });
      await store.outbox.settle({
        ...{ tenantId: acme, messageId: job.message.id, fence: job.fence, at: NOW + 2, status: 'sent', events: [] },
        recipients: [{ position: 0, status: 'sent' }],
        attempts: [tried('unknown', []), tried('delivered', [[0, 'v2']])],
      });
      const ofLost = about(job.message.id, {
        ...{ provider: 'relay', about: { messageId: job.message.id, providerMessageId: 'v1' } },
      });
      expect(await record(ofLost, { ...ofLost, recipient: 'b@x.example' })).toMatchObject([
        { match: { messageId: job.message.id } },
        { isNew: true },
      ]);
      expect(await statusesOf(acme, job.message.id)).toEqual(['delivered', 'delivered']);
    });

    it('keeps what matches no message, and takes it when it comes again after its message', async () => {
      const job = await take(acme, ['a@x.example']);
      const early = { kind: 'bounced', provider: 'relay', data: HARD, about: { providerMessageId: 'v9' } } as const;
      const both = [about('', early), about('', { ...early, eventId: 'e9', at: NOW + 51 })];
      expect(await record(...both)).toEqual([
        { isNew: true, provider: 'relay' },
        { isNew: true, provider: 'relay' },
      ]);
      expect((await record(...both)).map(({ isNew }) => isNew)).toEqual([false, false]);
      const id = await settle(job, { providerMessageId: 'v9' });
      expect((await record(...both)).map(({ isNew, match }) => [isNew, match?.messageId])).toEqual([
        [true, id],
        [true, id],
      ]);
      expect(await statusesOf(acme, id)).toEqual(['bounced', 'bounced']);
      expect((await record(...both)).map(({ isNew }) => isNew)).toEqual([false, false]);
      expect((await store.feedback.list({ limit: 10 })).items).toHaveLength(2);
    });

    it('that comes before the attempt is settled is not overtaken by it', async () => {
      const job = await take(acme, ['a@x.example', 'b@x.example']);
      await record(about(job.message.id));
      expect(await statusesOf(acme, job.message.id)).toEqual(['processing', 'processing', 'processing']);
      await settle(job);
      expect(await statusesOf(acme, job.message.id)).toEqual(['sent', 'delivered', 'sent']);
    });

    it('of an earlier attempt says nothing of one that somebody asked for since', async () => {
      const id = await send(acme, ['a@x.example']);
      await record(about(id, { kind: 'bounced', data: HARD }));
      await store.messages.retry({ tenantId: acme, messageId: id, now: NOW + 200 });
      const { jobs } = await store.outbox.claim({ owner: 'a', now: NOW + 200, leaseMs: 1, limit: 1, skipTenants: [] });
      const [job] = jobs;
      if (job === undefined) throw new Error('nothing was claimed');
      await store.outbox.settle({
        ...{ tenantId: acme, messageId: id, fence: job.fence, at: NOW + 300, status: 'sent', events: [] },
        recipients: [{ position: 0, status: 'sent' }],
        attempts: [
          { provider: 'relay', startedAt: NOW + 200, endedAt: NOW + 300, outcome: 'delivered', counted: true },
        ],
      });
      expect(await statusesOf(acme, id)).toEqual(['sent', 'sent']);
    });

    it('keeps mail that changes nothing out of the history', async () => {
      const id = await send(acme, ['a@x.example']);
      const before = await detail(acme, id);
      await record(...(['auto_reply', 'challenge', 'unknown'] as const).map((kind) => about(id, { kind })));
      expect(await detail(acme, id)).toEqual(before);
      expect((await store.feedback.list({ limit: 10 })).items.map(({ kind }) => kind)).toEqual([
        'unknown',
        'challenge',
        'auto_reply',
      ]);
    });

    it('is listed, newest first, in pages, by provider and time', async () => {
      const id = await settle(await take(acme, ['a@x.example']), { providerMessageId: 'v1' });
      const ofVendor = { provider: 'relay', about: { messageId: id, providerMessageId: 'v1' } };
      await record(about(id, { ...ofVendor, recipient: 'Elsewhere@y.example' }));
      const later = { feedback: [about(newId(), { kind: 'complained' })], door: 'mailbox', now: NOW + 200 } as const;
      await store.feedback.record(later);
      const { items, cursor } = await store.feedback.list({ limit: 1 });
      expect(items).toEqual([
        {
          ...{ kind: 'complained', door: 'mailbox', at: NOW + 50, receivedAt: NOW + 200 },
          ...{ recipient: 'a@x.example', data: {} },
        },
      ]);
      expect(await store.feedback.list({ limit: 1, ...(cursor !== undefined && { cursor }) })).toEqual({
        items: [
          {
            ...{ kind: 'delivered', door: 'import', at: NOW + 50, receivedAt: NOW + 100, provider: 'relay', data: {} },
            recipient: 'Elsewhere@y.example',
            match: { tenantId: acme, tenant: 'acme', messageId: id, recipient: 'a@x.example' },
          },
        ],
      });
      const kinds = async (filter: object) =>
        (await store.feedback.list({ limit: 9, ...filter })).items.map(({ kind }) => kind);
      expect(await kinds({ provider: 'relay' })).toEqual(['delivered']);
      expect(await kinds({ provider: 'other' })).toEqual([]);
      expect(await kinds({ since: NOW + 101 })).toEqual(['complained']);
    });

    it('keeps the door by which it came first, also with a token', async () => {
      const id = await send(acme, ['a@x.example']);
      for (const door of feedbackDoors)
        await store.feedback.record({ feedback: [about(id, { eventId: door, kind: 'opened' })], door, now: NOW });
      for (const door of ['queue', 'callback'] as const) {
        const token = { id: door, until: NOW + MINUTE };
        await store.feedback.recordOnce({ feedback: [about(id, { eventId: 'e' })], door, token, now: NOW });
      }
      const { items } = await store.feedback.list({ limit: 9 });
      expect(items.map(({ door }) => door)).toEqual(['queue', ...feedbackDoors.toReversed()]);
    });

    it('is swept where it belongs to no message, and goes with its message and its tenant', async () => {
      const id = await send(acme, ['a@x.example']);
      await record(about(id), about(newId()), about(newId(), { kind: 'opened' }));
      const sweep = (receivedBefore: number) => store.feedback.sweep({ receivedBefore, limit: 1 });
      expect([await sweep(NOW + 100), await sweep(NOW + 101), await sweep(NOW + 101)]).toEqual([0, 1, 1]);
      expect(await sweep(NOW + 101)).toBe(0);
      expect((await store.feedback.list({ limit: 9 })).items.map(({ kind }) => kind)).toEqual(['delivered']);
      await store.tenants.remove({ tenantId: acme, force: true, now: NOW });
      expect(await record(about(id, { kind: 'complained' }))).toEqual([{ isNew: true }]);
      expect(await store.tenants.clear({ limit: 100 })).toEqual({ isDone: true });
      expect((await store.feedback.list({ limit: 9 })).items.map(({ kind }) => kind)).toEqual(['complained']);
    });
  });
}
