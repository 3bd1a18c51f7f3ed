/** The store's contract for two nodes: two processes that have the same store open, and both work. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Job, LoggedEvent } from '../../core/message.ts';
import type { ChoreRow } from '../verbs/chores.ts';
import type { NewMessage, Settlement } from '../verbs/outbox.ts';
import type { Store } from '../verbs/store.ts';
import type { WebhookJob } from '../verbs/webhooks.ts';
import { challengeOf, passkeyOf } from './factors.suite.ts';
import { addNotification, claimedOf, claimNotifications, inDigest } from './notification.suite.ts';
import { sessionOf, userNamed } from './people.suite.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, MINUTE, NOW, newId, newMessage } from './suite.testing.ts';
import { newVersion } from './template.suite.ts';

export function nodesSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`two nodes: ${name}`, () => {
    let harness: StoreHarness;
    let nodes: readonly [Store, Store];
    let tenants: readonly string[];

    beforeEach(async () => {
      harness = await createHarness();
      nodes = [await harness.open(), await harness.open()];
      tenants = await Promise.all(['acme', 'globex'].map(addTenant));
    });
    afterEach(async () => {
      for (const node of nodes) await node.close();
      await harness.cleanUp();
    });

    const addTenant = async (slug: string) =>
      (await nodes[0].tenants.add({ id: newId(), slug, name: slug, settings: {}, now: NOW })).id;
    const acme = () => tenants[0] ?? '';
    const both = <T>(call: (node: Store, owner: string) => Promise<T>) =>
      Promise.all(nodes.map((node, at) => call(node, `${at}/first`)));
    const accept = async (node: Store, tenantId = acme(), rest: Partial<NewMessage> = {}) => {
      const entry = newMessage(tenantId, {}, rest);
      const [answer] = await node.outbox.accept({ tenantId, messages: [entry] });
      return { id: entry.message.id, answer };
    };
    const acceptMany = (node: Store, count: number) =>
      Promise.all(Array.from({ length: count }, (_, at) => accept(node, tenants[at % tenants.length])));
    const claim = async (node: Store, owner: string, { now = NOW, limit = 100 } = {}) =>
      (await node.outbox.claim({ owner, now, leaseMs: MINUTE, limit, skipTenants: [] })).jobs;
    const idsOf = (jobs: readonly Job[]) => jobs.map(({ message }) => message.id);

    it('make each version of a template once, and tell the other of it', async () => {
      const tenantId = acme();
      const made = await Promise.allSettled(
        nodes.map((node) => node.templates.add({ ...newVersion('welcome', { tenantId }), max: 9 })),
      );
      expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const revision = await nodes[1].templates.revision();
      const versions = await both((node, text) =>
        node.templates.put({ ...newVersion('welcome', { tenantId, text }), keep: 9 }),
      );
      expect(versions.map(({ version }) => version).sort()).toEqual([2, 3]);
      const same = await both((node) =>
        node.templates.put({ ...newVersion('welcome', { tenantId, text: 'c' }), keep: 9 }),
      );
      expect(same.map(({ version, isNew }) => [version, isNew])).toEqual(
        expect.arrayContaining([
          [4, true],
          [4, false],
        ]),
      );
      expect(await nodes[0].templates.revision()).toBe(await nodes[1].templates.revision());
      expect(await nodes[1].templates.revision()).not.toBe(revision);
      const kept = await both((node) => node.templates.keep({ tenantId, hash: 'h', content: 'c', now: NOW }));
      expect(kept[0]).toBe(kept[1]);
    });

    it('open each digest once, and end it once with all that was held', async () => {
      const held = (node: Store, no?: number) => addNotification(node, acme(), [inDigest(no)]);
      const opened = await Promise.allSettled(nodes.map((node) => held(node)));
      expect(opened.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const first = await claimNotifications(nodes[0], { now: NOW + DAY });
      expect(first).toHaveLength(1);
      const [job] = first;
      if (job?.work.kind !== 'window') throw new Error('expected a window');
      const { no } = job.work;
      expect((await Promise.allSettled([held(nodes[1], no)]))[0]?.status).toBe('rejected');
      const end = (count: number) =>
        both((node) =>
          node.notifications
            .settle({ ...claimedOf(job), at: NOW + DAY, window: { no, count, takes: [] }, outcome: { status: 'sent' } })
            .then(
              () => true,
              () => false,
            ),
        );
      expect((await end(1)).sort()).toEqual([false, true]);
      expect(await nodes[1].notifications.pending()).toBe(0);
    });

    it('claim what notifications owe without meeting', async () => {
      for (let n = 0; n < 20; n++) {
        await addNotification(nodes[n % 2] ?? nodes[0], tenants[n % 2] ?? '', [
          { ...inDigest(), verdict: { kind: 'held', reason: 'quiet_hours', until: NOW } },
        ]);
      }
      const claimed = await both((node, owner) => claimNotifications(node, { owner, limit: 15 }));
      const entries = claimed.flat().map(({ entry }) => entry);
      expect(new Set(entries).size).toBe(entries.length);
      expect(entries).toHaveLength(20);
    });

    it('lease each message to one of them, until all are done', async () => {
      const accepted = (await both((node) => acceptMany(node, 30))).flat().map(({ id }) => id);
      const done: string[] = [];
      for (let claimed = [true]; claimed.includes(true); ) {
        claimed = await both(async (node, owner) => {
          const jobs = await claim(node, owner, { limit: 7 });
          for (const job of jobs) expect(await node.outbox.settle(sent(job))).toBe(true);
          done.push(...idsOf(jobs));
          return jobs.length > 0;
        });
      }
      expect(done.sort()).toEqual(accepted.sort());
    });

    it('let in who signed in at the other, and out who signed out there, at once', async () => {
      const [first, second] = nodes;
      const user = userNamed('ada', { role: 'viewer' });
      await first.people.addUser(user);
      const session = sessionOf(user, 'a');
      await first.people.addSession(session);
      expect(await second.people.session({ hash: 'a', now: NOW })).toEqual({ session, user });
      await second.people.setUser({ userId: user.id, role: 'operator', now: NOW });
      expect(await first.people.session({ hash: 'a', now: NOW })).toBeUndefined();
      await second.people.addSession(sessionOf(user, 'b', { id: session.id }));
      await first.people.endSession({ sessionId: session.id });
      expect(await second.people.session({ hash: 'b', now: NOW })).toBeUndefined();
    });

    it('let one of them use a link', async () => {
      const user = userNamed('ada', { role: 'viewer' });
      await nodes[0].people.addUser(user);
      await nodes[0].people.addLink({ hash: 'l', kind: 'password', userId: user.id, expiresAt: NOW + DAY });
      const used = await both((node, passwordHash) => node.people.useLink({ hash: 'l', passwordHash, now: NOW }));
      expect(used.filter((by) => by !== undefined)).toHaveLength(1);
      await nodes[1].people.addLink({ hash: 'o', kind: 'owner', expiresAt: NOW + DAY });
      const owner = (at: string) => ({ id: newId(), email: `${at.replace('/', '-')}@example.com` });
      const made = await both((node, at) => node.people.useLink({ hash: 'o', owner: owner(at), now: NOW }));
      expect(made.filter((by) => by !== undefined)).toHaveLength(1);
    });

    it('take a code, a recovery code and the answer of a passkey at one of them', async () => {
      const user = userNamed('ada');
      const userId = user.id;
      await nodes[0].people.addUser(user);
      await nodes[0].factors.offerTotp({ userId, secret: 'v1.aa.x' });
      await nodes[0].factors.confirmTotp({ userId, step: 1, recoveryHashes: ['r'], keepSession: '', now: NOW });
      const made = { passkey: passkeyOf(user, 'p'), challenge: challengeOf('made'), keepSession: '' };
      await nodes[0].factors.addPasskey(made);
      const shown = { id: 'p', counter: 0, challenge: challengeOf('shown'), now: NOW };
      const taken = [
        await both((node) => node.factors.useTotpStep({ userId, step: 2 })),
        await both((node) => node.factors.useRecoveryCode({ userId, hash: 'r' })),
        await both((node) => node.factors.usePasskey(shown)),
      ];
      for (const by of taken) expect(by.filter((isTaken) => isTaken)).toHaveLength(1);
    });

    it('keep an owner between them, when each takes the other’s right', async () => {
      const owners = ['ada', 'bob'].map((name) => userNamed(name, { role: 'owner' }));
      for (const owner of owners) await nodes[0].people.addUser(owner);
      await Promise.allSettled(
        nodes.map((node, at) => node.people.setUser({ userId: owners[at]?.id ?? '', role: 'viewer', now: NOW })),
      );
      expect((await nodes[0].people.users({})).filter(({ role }) => role === 'owner')).toHaveLength(1);
    });

    it('leave alone what the other was given as it was accepted', async () => {
      const [first, second] = nodes;
      const lease = { owner: '0/first', now: NOW, leaseMs: MINUTE };
      await first.outbox.accept({ tenantId: acme(), messages: [newMessage(acme())], lease });
      expect(await claim(second, '1/first')).toEqual([]);
    });

    it('write nothing for a lease that ended, once the other has the message', async () => {
      const [first, second] = nodes;
      const { id } = await accept(first);
      const [lost] = await claim(first, '0/first');
      const [job] = await claim(second, '1/first', { now: NOW + MINUTE });
      if (lost === undefined || job === undefined) throw new Error('nothing was claimed');
      const message = () => second.messages.get({ tenantId: acme(), messageId: id });
      const before = await message();

      expect(await first.outbox.settle(sent(lost))).toBe(false);
      expect(await first.outbox.release({ messageId: id, fence: lost.fence, dueAt: NOW })).toBe(false);
      expect(await message()).toEqual(before);
      expect(await claim(first, '0/first', { now: NOW + MINUTE })).toEqual([]);
      expect(await second.outbox.settle(sent(job))).toBe(true);
    });

    it('free no lease that the other holds, but those of their own earlier runs', async () => {
      const [first, second] = nodes;
      const { id } = await accept(first);
      await claim(first, '0/first');
      expect(await second.outbox.recover({ owner: '1/first', now: NOW })).toBe(0);
      expect(await claim(second, '1/first')).toEqual([]);

      expect(await first.outbox.recover({ owner: '0/second', now: NOW })).toBe(1);
      expect(idsOf(await claim(first, '0/second'))).toEqual([id]);
      expect(await first.outbox.recover({ owner: '0/second', now: NOW + MINUTE })).toBe(0);
      expect(await second.outbox.recover({ owner: '1/first', now: NOW + MINUTE })).toBe(1);
    });

    it.each([
      ['set back', 0, (node: Store) => node.outbox.shift({ now: NOW - DAY, byMs: DAY }), NOW - DAY + MINUTE],
      ['ahead', DAY, (node: Store) => node.outbox.followClock({ now: NOW, longestMs: MINUTE }), NOW + MINUTE],
    ])('take over what the other left when its lease would have ended, of a clock that was %s', async (...of) => {
      const [_, aheadMs, mend, endsAt] = of;
      const [first, second] = nodes;
      const { id } = await accept(first);
      await claim(first, '0/first', { now: NOW + aheadMs });
      await mend(second);
      expect(await claim(second, '1/first', { now: endsAt - 1 })).toEqual([]);
      expect(idsOf(await claim(second, '1/first', { now: endsAt }))).toEqual([id]);
    });

    it('count the death of the other for what it had under way as its lease ended', async () => {
      const [first, second] = nodes;
      await accept(first);
      const deaths: (number | undefined)[] = [];
      for (let at = 0; at < 3; at += 1) {
        const [job] = await (at === 1
          ? claim(second, '1/first', { now: NOW + MINUTE })
          : claim(first, `0/${at}`, { now: NOW + at * MINUTE }));
        deaths.push(job?.deaths);
      }
      expect(deaths).toEqual([undefined, 1, 2]);
    });

    it('take feedback once, whichever of them hears it, and count each bounce once', async () => {
      const ids = await Promise.all(Array.from({ length: 3 }, async () => (await accept(nodes[0])).id));
      const feedback = ids.map((messageId) => ({
        ...({ kind: 'bounced', at: NOW, recipient: 'to@x.example', data: { class: 'hard' } } as const),
        about: { messageId },
      }));
      const taken = await both((node) =>
        Promise.all(
          feedback.map(
            async (one) => (await node.feedback.record({ door: 'import', feedback: [one], now: NOW }))[0]?.isNew,
          ),
        ),
      );
      expect(ids.map((_, at) => taken.filter((news) => news[at] === true).length)).toEqual([1, 1, 1]);
      const entry = await nodes[1].suppressions.get({ tenantId: acme(), email: 'to@x.example', now: NOW });
      expect(entry?.evidence?.map(({ messageId }) => messageId).sort()).toEqual(ids.sort());
      const { events } = await nodes[1].events.after({ limit: 100 });
      expect(events.filter(({ type }) => type === 'bounced')).toHaveLength(3);
    });

    it('tell of a rate once, whichever of them is told what makes it too high', async () => {
      const [first] = nodes;
      const addresses = Array.from({ length: 40 }, (_, at) => `r${at}@x.example`);
      const entry = newMessage(acme(), { to: addresses.map((email) => ({ email })) });
      await first.outbox.accept({ tenantId: acme(), messages: [entry] });
      const [job] = await claim(first, '0/first');
      if (job === undefined) throw new Error('expected a job');
      const recipients = job.recipients.map(({ position }) => ({ position, status: 'sent' as const }));
      await first.outbox.settle({ ...sent(job), recipients });
      const bounces = addresses.map((recipient) => ({
        ...{ kind: 'bounced' as const, at: NOW, recipient, data: { class: 'hard' } },
        about: { messageId: entry.message.id },
      }));
      // The same to both, one after the other, so that each commit meets those of the other node.
      await both((node) =>
        Promise.all(
          bounces.map((feedback) => node.feedback.record({ door: 'import', feedback: [feedback], now: NOW })),
        ),
      );
      const { events } = await first.events.after({ tenantId: acme(), limit: 1_000 });
      expect(events.filter(({ type }) => type === 'bounced')).toHaveLength(40);
      expect(events.filter(({ type }) => type === 'tenant.bounce_rate')).toMatchObject([
        { data: { bounced: 2, recipients: 40 } },
      ]);
      const [counted] = await first.tallies.list({ from: NOW, until: NOW + 1 });
      expect(counted?.tally).toMatchObject({ recipients: 40, bounced: 40 });
    });

    it('are told apart where one tells the event log to others, and follow each other', async () => {
      const lead = (node: Store, owner: string, now = NOW) =>
        node.publications.lead({ name: 'nats', owner, now, leaseMs: MINUTE });
      const standing = await both((node, owner) => lead(node, owner));
      expect(standing.filter((one) => one !== undefined)).toHaveLength(1);
      const other = standing[0] === undefined ? 0 : 1;
      expect(await lead(nodes[other], `${other}/first`, NOW + MINUTE)).toBeDefined();
    });

    it('use a token up once, whichever of them is shown it', async () => {
      const tokens = ['t1', 't2', 't3'].map((id) => ({ id, until: NOW + MINUTE }));
      const taken = await both((node) =>
        Promise.all(tokens.map((token) => node.feedback.recordOnce({ door: 'import', feedback: [], token, now: NOW }))),
      );
      expect(tokens.map((_, at) => taken.filter((those) => those[at] !== undefined).length)).toEqual([1, 1, 1]);
    });

    it('follow the event log without a gap or an echo, while both write', async () => {
      const [first] = nodes;
      let isWritten = false;
      const follow = async (node: Store) => {
        const seen: LoggedEvent[] = [];
        for (let position: string | undefined; ; ) {
          const isLast = isWritten;
          const next = await node.events.after({ limit: 7, ...(position !== undefined && { position }) });
          seen.push(...next.events);
          if (isLast && next.position === position) return seen;
          position = next.position;
          // Where the store runs in this thread, the others get their turn only by this.
          await new Promise(setImmediate);
        }
      };
      const write = async (node: Store, owner: string) => {
        for (let round = 0; round < 10; round += 1) {
          await acceptMany(node, 4);
          await Promise.all((await claim(node, owner, { limit: 3 })).map((job) => node.outbox.settle(sent(job))));
          await new Promise(setImmediate);
        }
      };
      const writing = both(write).then(() => {
        isWritten = true;
      });
      const [one, other] = await Promise.all([...nodes.map(follow), writing]);

      const { length } = (await first.events.after({ limit: 1_000 })).events;
      expect(length).toBeGreaterThan(80);
      const names = (one ?? []).map(({ messageId, sequence }) => `${messageId} ${sequence}`);
      expect(new Set(names).size).toBe(length);
      expect(one).toHaveLength(length);
      expect(other).toEqual(one);
    });

    it('store one message for one idempotency key that comes to both at once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const rest = { idempotencyKey: `key ${round}`, idempotencyHash: 'h' };
        const answers = await both((node) => accept(node, acme(), rest));
        const winner = answers.find(({ answer }) => answer?.kind === 'accepted');
        const loser = answers.find(({ answer }) => answer?.kind === 'duplicate');
        expect(loser?.answer).toMatchObject({ messageId: winner?.id, samePayload: true });
      }
      expect((await nodes[0].messages.list({ tenantId: acme(), filter: {}, limit: 100 })).items).toHaveLength(10);
    });

    it('begin a timed chore on one of them', async () => {
      const [first, second] = nodes;
      const plan = { name: 'night', schedule: '0 3 * * *', nextAt: NOW };
      const enlist = (node: Store, owner: string, now = NOW) =>
        node.chores.enlist({ owner, now, catchUpMs: MINUTE, chores: [plan] });
      const begin = (
        node: Store,
        owner: string,
        { now = NOW, known = {} }: { now?: number; known?: Pick<ChoreRow, 'startedAt' | 'endedAt'> } = {},
      ) => node.chores.claim({ owner, now, leaseMs: MINUTE, plan, known });
      await both(enlist);
      const answers = await both(begin);
      expect(answers.map(({ isClaimed }) => isClaimed).sort()).toEqual([false, true]);
      expect(answers[0]?.row).toEqual(answers[1]?.row);
      const winner = answers[0]?.isClaimed ? 0 : 1;
      const [, loser] = winner === 0 ? nodes : [second, first];
      const owners = winner === 0 ? ['0/first', '1/first'] : ['1/first', '0/first'];
      const [holder = '', other = ''] = owners;

      // A node that begins leaves it alone, and it is nobody else's before its lease ends.
      expect(await enlist(loser, other)).toMatchObject([{ startedAt: NOW }]);
      expect((await loser.chores.list())[0]).not.toHaveProperty('outcome');
      expect(await begin(loser, other, { known: { startedAt: NOW } })).toMatchObject({ isClaimed: false });
      const taken = await begin(loser, other, { now: NOW + MINUTE, known: { startedAt: NOW } });
      expect(taken).toMatchObject({ isClaimed: true, row: { startedAt: NOW + MINUTE } });

      const row = { ...taken.row, endedAt: NOW + MINUTE, outcome: 'done' as const };
      expect(await first.chores.settle({ owner: holder, row: { ...row, detail: 'late' } })).toBe(false);
      expect(await second.chores.settle({ owner: other, row })).toBe(true);
      expect(await first.chores.list()).toEqual([row]);
      for (const startedAt of [NOW, NOW + MINUTE]) {
        const late = await begin(first, holder, { now: NOW + MINUTE, known: { startedAt } });
        expect(late).toEqual({ isClaimed: false, row });
      }
    });

    it('let in together what a rate limit lets in', async () => {
      const limits = { now: NOW, rates: [{ name: 'minute' as const, count: 7 }] };
      const messages = () => [newMessage(acme())];
      const answers = await both((node) =>
        Promise.all(
          Array.from({ length: 6 }, () => node.outbox.accept({ tenantId: acme(), messages: messages(), limits })),
        ),
      );
      const kinds = answers.flat(2).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(7);
      expect(kinds.filter((kind) => kind === 'limited')).toHaveLength(5);
    });

    it('post the events of a message to an endpoint one after the other', async () => {
      const [first] = nodes;
      const about = { id: newId(), tenantId: acme(), url: 'https://hooks.example/', secret: 'sealed' };
      await first.webhooks.add({ ...about, events: ['*'], max: 1, now: NOW });
      for (let at = 0; at < 10; at += 1) await accept(first);
      for (const job of await claim(first, '0/first')) await first.outbox.settle(sent(job));
      const made = await both((node) => node.webhooks.fanOut({ limit: 100, now: NOW }));
      expect(made.reduce((sum, answer) => sum + answer.made, 0)).toBe(20);

      const limits = { limit: 7, maxPerEndpoint: 100, maxPerTenant: 100, maxDoubtful: 100 };
      const claimWebhooks = (node: Store, owner: string) =>
        node.webhooks.claim({ owner, now: NOW, leaseMs: MINUTE, ...limits });
      const told: string[] = [];
      for (let rounds = 0; told.length < 20 && rounds < 20; rounds += 1) {
        const claims = await both(claimWebhooks);
        expect(await both((node, owner) => node.webhooks.recover({ owner, now: NOW }))).toEqual([0, 0]);
        const jobs = claims.flatMap((answer) => answer.jobs);
        expect(new Set(jobs.map(({ content }) => content.event.messageId)).size).toBe(jobs.length);
        told.push(...jobs.map(({ content: { event } }) => `${event.messageId} ${event.sequence}`));
        for (const [at, answer] of claims.entries())
          for (const job of answer.jobs) expect(await nodes[at]?.webhooks.settle(delivered(job))).toBeDefined();
      }
      expect(told).toHaveLength(20);
      expect(new Set(told).size).toBe(20);
      for (const name of told.filter((one) => one.endsWith(' 2')))
        expect(told.indexOf(name)).toBeGreaterThan(told.indexOf(name.replace(/2$/, '1')));
    });
  });
}

function sent({ message, fence, recipients }: Job): Settlement {
  return {
    ...{ tenantId: message.tenantId, messageId: message.id, fence, at: NOW, status: 'sent', sentAt: NOW },
    recipients: recipients.map(({ position }) => ({ position, status: 'sent' })),
    events: [{ type: 'sent', at: NOW }],
  };
}

function delivered({ deliveryId, fence }: WebhookJob) {
  return {
    ...{ deliveryId, fence, at: NOW, lastAnswer: '200', delivered: true, quick: true, offAfterMs: DAY },
    attempt: { startedAt: NOW, durationMs: 1, request: {}, status: 200 },
  };
}
