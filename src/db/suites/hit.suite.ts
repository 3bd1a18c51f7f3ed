/** The contract of what pixels and links tell: who it was, what the history has of it, and what is counted. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyTally } from '../../core/tally.ts';
import type { Tracking } from '../../core/tracking.ts';
import { KEPT_HITS } from '../rules/hit.ts';
import type { NewHit } from '../verbs/hits.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW, newId, openWithTenants, takeMessage } from './suite.testing.ts';

const READER = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.0';
const tracked: Tracking = { opens: true, clicks: true, anonymous: false };

export function hitSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`hits: ${name}`, () => {
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

    async function send(tenantId = acme, tracking = tracked, to: readonly string[] = ['a@x.example', 'b@x.example']) {
      const { message, fence } = await takeMessage(store, { tenantId, to, more: { groupId: 'spring', tracking } });
      const settle = () =>
        store.outbox.settle({
          ...{ tenantId, messageId: message.id, fence, at: NOW, status: 'sent', events: [] },
          recipients: to.map((_, position) => ({ position, status: 'sent' as const })),
          attempts: [{ provider: 'relay', startedAt: NOW, endedAt: NOW, outcome: 'delivered', counted: true }],
        });
      return { message, settle };
    }

    const hit = (messageId: string, more: Partial<NewHit> = {}): NewHit => ({
      ...{ messageId, position: 0, kind: 'opened', at: NOW + MINUTE, userAgent: READER, ip: '192.0.2.7', ...more },
    });
    const record = (...hits: NewHit[]) => store.hits.record({ hits, now: NOW + MINUTE });
    const eventsOf = async (messageId: string, tenantId = acme) =>
      (await store.messages.get({ tenantId, messageId }))?.events.filter(
        ({ type }) => type === 'opened' || type === 'clicked',
      );

    it('a message keeps what is noted of it from acceptance on', async () => {
      const { message } = await send(acme, { opens: false, clicks: true, anonymous: true });
      const stored = await store.messages.content({ tenantId: acme, messageId: message.id });
      expect(stored?.message.tracking).toEqual({ opens: false, clicks: true, anonymous: true });
    });

    it('are events that say who it was and why, of the recipient whose copy it is', async () => {
      const { message, settle } = await send();
      await settle();
      const url = 'https://example.com/a';
      expect(await record(hit(message.id, { position: 1 }), hit(message.id, { kind: 'clicked', url }))).toEqual([
        { tenantId: acme, actor: 'human', rule: 'no_sign_of_a_machine', isKept: true },
        { tenantId: acme, actor: 'human', rule: 'no_sign_of_a_machine', isKept: true },
      ]);
      const data = { userAgent: READER, ip: '192.0.2.7', actor: 'human', rule: 'no_sign_of_a_machine', source: 'iep' };
      expect(await eventsOf(message.id)).toMatchObject([
        { type: 'opened', recipient: 'b@x.example', at: NOW + MINUTE, data },
        { type: 'clicked', recipient: 'a@x.example', data: { ...data, url } },
      ]);
    });

    it('before the mail was handed over are a machine’s', async () => {
      const { message, settle } = await send();
      expect(await record(hit(message.id, { at: NOW }))).toMatchObject([{ actor: 'machine', rule: 'too_soon' }]);
      await settle();
      expect(await record(hit(message.id, { at: NOW + 1_000 }))).toMatchObject([{ actor: 'machine' }]);
      expect(await record(hit(message.id, { at: NOW + 3_000 }))).toMatchObject([{ actor: 'human' }]);
    });

    it('of an anonymous message tell nothing of the reader', async () => {
      const { message, settle } = await send(acme, { ...tracked, anonymous: true });
      await settle();
      await record(hit(message.id));
      const [event] = (await eventsOf(message.id)) ?? [];
      expect(event?.data).toEqual({ actor: 'human', rule: 'no_sign_of_a_machine', source: 'iep' });
    });

    it('are counted on when the history has many, people and machines each for themselves', async () => {
      const { message, settle } = await send();
      await settle();
      const many = Array.from({ length: KEPT_HITS + 10 }, () => hit(message.id, { isHead: true }));
      expect((await record(...many)).filter((taken) => taken?.isKept)).toHaveLength(KEPT_HITS);
      await record(hit(message.id));
      const events = (await eventsOf(message.id)) ?? [];
      expect(events.filter(({ data }) => data.actor === 'machine')).toHaveLength(KEPT_HITS);
      expect(events.filter(({ data }) => data.actor === 'human')).toHaveLength(1);
      const counts = await store.groups.counts({ tenantId: acme, groupId: 'spring' });
      expect(counts).toMatchObject({ opens: 1, opened: 1, machineOpens: KEPT_HITS + 10 });
    });

    it('count a recipient once in the statistics', async () => {
      const { message, settle } = await send();
      await settle();
      await record(hit(message.id), hit(message.id), hit(message.id, { position: 1, isHead: true }));
      await record(hit(message.id));
      const [row] = await store.tallies.list({ from: NOW, until: NOW + 2 * MINUTE });
      expect(row).toEqual({
        ...{ tenantId: acme, provider: 'relay' },
        tally: { ...emptyTally, recipients: 2, opened: 1, openedByMachine: 1 },
      });
    });

    it('of what is gone, and of nobody, change nothing', async () => {
      const { message, settle } = await send(globex);
      await settle();
      expect(await record(hit(newId()), hit(message.id, { position: 7 }), hit(message.id))).toMatchObject([
        undefined,
        undefined,
        { tenantId: globex },
      ]);
      expect(await eventsOf(message.id, globex)).toHaveLength(1);
    });
  });
}
