/** Channels that are tried out: one of the tenant, or a URL that is given. */

import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import { createLimiter } from '../core/limiter.ts';
import type { Vault } from '../core/vault.ts';
import type { StorePart } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import type { Accept } from '../message/intake/accept.ts';
import { cardOf } from '../notify/channels/card.ts';
import { emailSubmission } from '../notify/channels/email/render.ts';
import type { Channels } from '../notify/channels/post.ts';
import type { PostSettings } from '../notify/channels/types.ts';
import type { Audit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { openedChannel } from './definitions/channel.ts';

/** What came of a test. */
export interface ChannelTest {
  readonly outcome: 'delivered' | 'queued' | 'deferred' | 'rejected';
  readonly reason?: string;
  /** HTTP status of the answer. */
  readonly status?: number;
  readonly durationMs: number;
  /** Of mail, which goes its own way from here. */
  readonly messageId?: string;
}

export interface ChannelDesk {
  /** Posts a card, or sends a mail, that says it is a test. Refuses with `not_found`. */
  test(
    caller: Caller,
    input: { readonly tenant: Tenant; readonly name: string },
    signal: AbortSignal,
  ): Promise<ChannelTest>;
  /** The same to what is no channel of the tenant. */
  testTo(
    caller: Caller,
    input: { readonly tenant: Tenant; readonly settings: PostSettings },
    signal: AbortSignal,
  ): Promise<ChannelTest>;
  /** A mail to an address. */
  testMail(
    caller: Caller,
    input: { readonly tenant: Tenant; readonly to: readonly string[] },
    signal: AbortSignal,
  ): Promise<ChannelTest>;
}

export interface ChannelDeskDeps {
  readonly store: StorePart<'definitions.get'>;
  readonly audit: Pick<Audit, 'act'>;
  readonly vault: Pick<Vault, 'open'>;
  readonly channels: Channels;
  readonly accept: Accept['accept'];
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly newId: NewId;
}

/** Tests under way; each holds a connection for as long as the other side likes to take. */
const MAX_TESTS = { atOnce: 50, ofOne: 5 };
const ACTION = 'channel.test';

export function createChannelDesk(deps: ChannelDeskDeps): ChannelDesk {
  const { store, audit, vault, channels, clock, newId } = deps;
  const tests = createLimiter(MAX_TESTS);

  async function post(tenant: Tenant, settings: PostSettings, signal: AbortSignal): Promise<ChannelTest> {
    const leave = tests.take(tenant.id);
    if (leave === undefined) {
      throw new IepError('rate_limited', 'Too many channels are being tested', { retryAfterMs: 5_000 });
    }
    try {
      const { outcome, durationMs, status } = await channels.post({
        ...{ tenant, settings, id: newId(), signal },
        ...sampleOf(tenant, { notificationId: newId(), at: clock.now() }),
      });
      return {
        ...{ outcome: outcome.kind, durationMs },
        ...('reason' in outcome && { reason: outcome.reason }),
        ...(status !== undefined && { status }),
      };
    } finally {
      leave();
    }
  }

  async function mail(tenant: Tenant, to: readonly string[], signal: AbortSignal): Promise<ChannelTest> {
    const started = clock.monotonic();
    const durationMs = () => Math.round(clock.monotonic() - started);
    const sample = sampleOf(tenant, { notificationId: newId(), at: clock.now() });
    const card = cardOf({ ...sample.notice, ...sample });
    const mailboxes = to.map((email) => ({ email }));
    const submission = emailSubmission(tenant, { card, notice: sample.notice, to: mailboxes, door: 'http' });
    if ('unfit' in submission) return { outcome: 'rejected', reason: submission.unfit, durationMs: durationMs() };
    const { messageId } = await deps.accept(tenant, submission, signal);
    return { outcome: 'queued', durationMs: durationMs(), messageId };
  }

  return {
    test: (caller, { tenant, name }, signal) =>
      audit.act(caller, { action: ACTION, tenant: tenant.slug, target: name }, async () => {
        const found = await store.definitions.get({ tenantId: tenant.id, kind: 'channel', name });
        if (found === undefined) throw new IepError('not_found', 'No channel has this name.');
        const settings = openedChannel(vault, found);
        return settings.type === 'email' ? mail(tenant, settings.to, signal) : post(tenant, settings, signal);
      }),
    testTo: (caller, { tenant, settings }, signal) =>
      audit.act(caller, { action: ACTION, tenant: tenant.slug, target: settings.type }, () =>
        post(tenant, settings, signal),
      ),
    testMail: (caller, { tenant, to }, signal) =>
      audit.act(caller, { action: ACTION, tenant: tenant.slug, target: 'email' }, () => mail(tenant, to, signal)),
  };
}

function sampleOf({ slug }: Tenant, { notificationId, at }: { notificationId: string; at: number }) {
  return {
    notice: { notificationId, type: 'channel.test', at, data: { tenant: slug, test: true } },
    subject: 'A test of this channel',
    text: 'Notifications arrive here. Nothing has to be done.',
  };
}
