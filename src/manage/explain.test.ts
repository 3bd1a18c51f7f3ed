import { describe, expect, it } from 'vitest';
import type { LoggedEvent, Status } from '../core/message.ts';
import type { ProviderState } from '../core/provider-state.ts';
import type { AttemptRecord, Circumstances } from '../db/verbs/messages.ts';
import { type Case, explain } from './explain.ts';
import { timelineText } from './timeline.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const ID = '019cf5b2-6a00-7000-8000-3f1c8a5d9e01';
const MINUTE = 60_000;

const attempt = (changes: Partial<AttemptRecord>, number = 1): AttemptRecord & { number: number } => ({
  ...{ number, provider: 'relay', startedAt: NOW - MINUTE, endedAt: NOW - MINUTE + 200, outcome: 'deferred' },
  ...{ reply: '451 4.3.0 try later', counted: true },
  ...changes,
});
const event = (type: LoggedEvent['type'], data: LoggedEvent['data'] = {}): LoggedEvent => ({
  ...{ position: '1', tenantId: 't', messageId: ID, sequence: 1, type, at: NOW - MINUTE, data },
});
const retryAt = (ms: number) => event('retry_scheduled', { nextAttemptAt: new Date(NOW + ms).toISOString() });
const person = (email: string, status: Status, reply?: string) => ({
  ...{ email, kind: 'to' as const, status, updatedAt: NOW - MINUTE },
  ...(reply !== undefined && { reply }),
});
const state = (name: string, changes: Partial<ProviderState> = {}): ProviderState => ({
  ...{ name, type: 'smtp', breaker: { state: 'closed' }, inFlight: 0, waiting: 0, limit: 20, concurrency: 20 },
  ...changes,
});
const open = (name: string) =>
  state(name, { breaker: { state: 'open', openSince: NOW - MINUTE, retryAt: NOW + 30_000 } });
const route = (...states: readonly ProviderState[]) => states.map((one) => ({ provider: one.name, state: one }));

interface Changes extends Partial<Omit<Case, 'message' | 'circumstances' | 'tenant'>> {
  readonly message?: Partial<Case['message']>;
  readonly circumstances?: Partial<Circumstances>;
  readonly tenant?: Partial<Case['tenant']>;
}

function say({ message, circumstances, tenant, ...rest }: Changes) {
  return explain({
    message: {
      ...{ id: ID, status: 'queued', dead: false, attempts: 0, maxAttempts: 5, attemptLog: [], events: [] },
      recipients: [person('jo@example.com', 'queued')],
      ...message,
    },
    circumstances: { isPaused: false, suppressions: [], unsubscribes: [], transcripts: [], ...circumstances },
    tenant: { slug: 'acme', active: true, paused: false, ...tenant },
    route: route(state('relay')),
    usable: ['relay', 'spare', 'sess'],
    isDelivering: true,
    leaseMs: 10 * MINUTE,
    now: NOW,
    ...rest,
  });
}

const due = (ms: number, more: Partial<NonNullable<Circumstances['entry']>> = {}) => ({
  entry: { dueAt: NOW + ms, isScheduled: false, deaths: 0, ...more },
});

interface Story {
  readonly title: string;
  readonly given: Changes;
  readonly says: string;
  readonly nextAt?: number;
}

const waits: readonly Story[] = [
  {
    title: 'an attempt under way',
    given: { circumstances: due(-MINUTE, { leaseUntil: NOW + 9 * MINUTE }) },
    says: 'An attempt is under way since 2026-11-22T11:59:00.000Z.',
    nextAt: 9 * MINUTE,
  },
  {
    title: 'an attempt under way, as far as the store tells',
    given: {
      circumstances: due(-MINUTE, { leaseUntil: NOW + 9 * MINUTE }),
      isDelivering: false,
      route: [{ provider: 'relay' }],
    },
    says:
      'An attempt is under way since 2026-11-22T11:59:00.000Z, if the daemon that began it still runs; ' +
      'otherwise the next one tries it again.',
    nextAt: 9 * MINUTE,
  },
  {
    title: 'its turn after the daemon died with it',
    given: { circumstances: due(-MINUTE, { deaths: 2 }) },
    says: 'The daemon died 2 times while it was under way. It is tried again alone, and set aside as a dead letter after the third time.',
    nextAt: -MINUTE,
  },
  {
    title: 'its turn at a busy provider',
    given: {
      circumstances: due(-MINUTE, { leaseUntil: NOW + 9 * MINUTE }),
      route: route(open('spare'), state('relay', { waiting: 40 })),
    },
    says:
      'An attempt is under way since 2026-11-22T11:59:00.000Z, or it waits for its turn: relay is busy: ' +
      '40 messages wait there already.',
    nextAt: 9 * MINUTE,
  },
  {
    title: 'a second try after a fault',
    given: { circumstances: due(5_000) },
    says:
      'It is tried again at 2026-11-22T12:00:05.000Z: it could not be handed to a provider the last time; ' +
      'the log of the daemon may say why.',
    nextAt: 5_000,
  },
  {
    title: 'an attempt that takes longer than its lease',
    given: { circumstances: due(-11 * MINUTE, { leaseUntil: NOW - MINUTE }) },
    says: 'An attempt is under way since 2026-11-22T11:49:00.000Z.',
  },
  {
    title: 'a lease that nobody ended',
    given: { circumstances: due(-11 * MINUTE, { leaseUntil: NOW - MINUTE }), isDelivering: false },
    says: 'An attempt was begun at 2026-11-22T11:49:00.000Z and never ended; the next daemon that runs tries it again.',
  },
  {
    title: 'a tenant that is not active',
    given: { circumstances: { ...due(0), isPaused: true }, tenant: { active: false } },
    says: 'The tenant acme is not active, so its mail is held; `iep tenant set acme --active` lets it go.',
  },
  {
    title: 'a paused tenant',
    given: { circumstances: { ...due(0), isPaused: true }, tenant: { paused: true } },
    says: 'The queue of acme is paused; `iep queue resume --tenant acme` lets it go on.',
  },
  {
    title: 'a tenant that IEP paused',
    given: {
      circumstances: { ...due(0), isPaused: true },
      tenant: { paused: true, pausedReason: '2 of 40 complained' },
    },
    says: 'The queue of acme is paused, because 2 of 40 complained; `iep queue resume --tenant acme` lets it go on.',
  },
  {
    title: 'a paused queue',
    given: { circumstances: { ...due(0), isPaused: true } },
    says: 'The whole queue is paused; `iep queue resume` lets it go on.',
  },
  {
    title: 'a schedule',
    given: { circumstances: due(60 * MINUTE, { isScheduled: true }) },
    says: 'It is scheduled for 2026-11-22T13:00:00.000Z.',
    nextAt: 60 * MINUTE,
  },
  {
    title: 'a retry',
    given: {
      circumstances: due(4 * MINUTE),
      message: { attempts: 2, attemptLog: [attempt({})], events: [retryAt(4 * MINUTE)] },
    },
    says: 'It is tried again at 2026-11-22T12:04:00.000Z: relay answered: 451 4.3.0 try later (attempt 2 of 5).',
    nextAt: 4 * MINUTE,
  },
  {
    title: 'a fault after an attempt',
    given: {
      circumstances: due(4 * MINUTE),
      message: {
        ...{ attempts: 2, attemptLog: [attempt({})] },
        events: [
          retryAt(-MINUTE),
          event('delivery_delayed', { fault: true, reason: 'no key', nextAttemptAt: 'at some time' }),
        ],
      },
    },
    says: 'It is tried again at 2026-11-22T12:04:00.000Z: no key (which costs no attempt).',
    nextAt: 4 * MINUTE,
  },
  {
    title: 'a provider that is away, after a retry by hand: nothing from before it',
    given: {
      circumstances: due(30_000),
      message: {
        attemptLog: [attempt({})],
        events: [
          retryAt(-MINUTE),
          event('delivery_delayed', { fault: true, reason: 'no key', nextAttemptAt: 'at some time' }),
          event('queued', { retry: true }),
        ],
      },
      route: route(open('relay')),
    },
    says:
      'It is tried again at 2026-11-22T12:00:30.000Z: the circuit breaker of relay is open until ' +
      '2026-11-22T12:00:30.000Z.',
    nextAt: 30_000,
  },
  {
    title: 'an account that the provider refuses: nobody knows when',
    given: {
      circumstances: due(10_000),
      route: route(
        state('relay', {
          breaker: { state: 'open', openSince: NOW, retryAt: NOW + MINUTE, account: true },
          health: { ok: false, detail: 'relay refuses our account: 535 no. Correct it.', at: NOW },
        }),
      ),
      message: {
        attemptLog: [attempt({ outcome: 'unavailable', reply: '535 no', counted: false })],
        events: [event('delivery_delayed', { account: true })],
      },
    },
    says: 'It waits: relay refuses our account: 535 no. Correct it.',
  },
  {
    title: 'an account that the provider refused, where no daemon answers',
    given: {
      isDelivering: false,
      circumstances: due(10_000),
      message: {
        attemptLog: [attempt({ outcome: 'unavailable', reply: '535 no', counted: false })],
        events: [event('delivery_delayed', { account: true })],
      },
    },
    says: 'It is tried again at 2026-11-22T12:00:10.000Z: relay could not take it: 535 no (which costs no attempt).',
    nextAt: 10_000,
  },
  {
    title: 'a retry after nobody answered',
    given: {
      circumstances: due(MINUTE),
      message: {
        attempts: 1,
        attemptLog: [attempt({ outcome: 'unavailable', reply: 'relay:587: connection refused' })],
        events: [retryAt(MINUTE)],
      },
    },
    says: 'It is tried again at 2026-11-22T12:01:00.000Z: relay could not take it: relay:587: connection refused (attempt 1 of 5).',
  },
  {
    title: 'a provider that never answered',
    given: {
      circumstances: due(MINUTE),
      message: {
        attempts: 1,
        attemptLog: [attempt({ outcome: 'unknown', reply: 'relay:587: the connection was closed' })],
        events: [retryAt(MINUTE)],
      },
    },
    says:
      'It is tried again at 2026-11-22T12:01:00.000Z: relay got it and never answered, so it may have been sent: ' +
      'relay:587: the connection was closed (attempt 1 of 5).',
  },
  {
    title: 'a sender that the provider does not know',
    given: {
      circumstances: due(10_000),
      message: {
        attemptLog: [attempt({ outcome: 'unavailable', reply: '403 no', counted: false })],
        events: [event('delivery_delayed', { account: true, sender: true })],
      },
    },
    says:
      'It is tried again at 2026-11-22T12:00:10.000Z: relay could not take it: 403 no (which costs no attempt); ' +
      'verify the sender there, or send from another.',
  },
  {
    title: 'a provider that asked to wait',
    given: {
      circumstances: due(9_000),
      route: route(state('relay', { throttledUntil: NOW + 9_000, turnedAway: true })),
      message: {
        attemptLog: [attempt({ outcome: 'unavailable', reply: '421 not now', counted: false })],
        events: [event('delivery_delayed', { nextAttemptAt: new Date(NOW + 9_000).toISOString() })],
      },
    },
    says:
      'It is tried again at 2026-11-22T12:00:09.000Z: relay could not take it: 421 not now (which costs no attempt), ' +
      'and relay said "not now" and is left alone until 2026-11-22T12:00:09.000Z.',
    nextAt: 9_000,
  },
  {
    title: 'a retry that falls due while the breaker is open',
    given: {
      circumstances: due(5_000),
      route: route(open('relay')),
      message: { attempts: 1, attemptLog: [attempt({})], events: [retryAt(5_000)] },
    },
    says:
      'It is tried again at 2026-11-22T12:00:30.000Z: relay answered: 451 4.3.0 try later (attempt 1 of 5), ' +
      'and the circuit breaker of relay is open until 2026-11-22T12:00:30.000Z.',
    nextAt: 30_000,
  },
  {
    title: 'an open breaker',
    given: { circumstances: due(0), route: route(open('relay')) },
    says:
      'It waits because the circuit breaker of relay is open until 2026-11-22T12:00:30.000Z; ' +
      'it is tried again at 2026-11-22T12:00:30.000Z.',
    nextAt: 30_000,
  },
  {
    title: 'an open breaker before a provider that is slowed',
    given: { circumstances: due(0), route: route(open('relay'), state('spare', { throttledUntil: NOW + 5_000 })) },
    says:
      'It waits because the circuit breaker of relay is open until 2026-11-22T12:00:30.000Z, and spare asked us to slow ' +
      'down and is left alone until 2026-11-22T12:00:05.000Z; it is tried again at 2026-11-22T12:00:05.000Z.',
    nextAt: 5_000,
  },
  {
    title: 'a probe',
    given: { circumstances: due(0), route: route(state('relay', { breaker: { state: 'half_open' } })) },
    says: 'It waits because relay failed lately and is being tried with one other message.',
  },
  {
    title: 'a busy provider',
    given: { circumstances: due(0), route: route(state('relay', { waiting: 40 })) },
    says: 'It waits because relay is busy: 40 messages wait there already.',
  },
  {
    title: 'a provider that is not there',
    given: { circumstances: due(0), route: [{ provider: 'sess' }] },
    says: 'It waits because no provider is called sess.',
  },
  {
    title: 'nothing but its turn',
    given: { circumstances: due(-5_000) },
    says: 'It has been due since 2026-11-22T11:59:55.000Z; others are before it, and it goes in its turn.',
  },
  {
    title: 'nothing but its turn, though the primary is broken',
    given: { circumstances: due(0), route: route(open('relay'), state('spare')) },
    says: 'It has been due since 2026-11-22T12:00:00.000Z; others are before it, and it goes in its turn.',
  },
  {
    title: 'a daemon',
    given: { circumstances: due(0), route: [{ provider: 'relay' }], isDelivering: false },
    says: 'It has been due since 2026-11-22T12:00:00.000Z, and goes as soon as a daemon gets to it.',
  },
  {
    title: 'a failure: the provider it asks for was taken from its tenant',
    given: {
      circumstances: { ...due(-MINUTE), wantedProvider: 'old' },
      route: [{ provider: 'old' }],
      usable: ['relay'],
    },
    says:
      'It fails as soon as it is tried: it asks for the provider old, which acme may not use any more; it has: relay. ' +
      '`iep tenant set acme --providers relay,old` gives it back.',
    nextAt: 0,
  },
  {
    title: 'its time, to fail then',
    given: {
      circumstances: { ...due(60 * MINUTE, { isScheduled: true }), wantedProvider: 'old' },
      ...{ route: [{ provider: 'old' }], usable: [] },
    },
    says:
      'It is scheduled for 2026-11-22T13:00:00.000Z. Then it fails: it asks for the provider old, which acme may not use ' +
      'any more; it has: none. `iep tenant set acme --providers old` gives it back.',
    nextAt: 60 * MINUTE,
  },
  {
    title: 'a provider to be chosen',
    given: { circumstances: due(0), route: [] },
    says: 'It is due, and no provider is chosen for it; it fails as soon as it is tried.',
  },
];

describe('a message that is still open waits for', () => {
  it.each(waits)('$title', ({ given, says, nextAt }) => {
    const { summary, next } = say(given);
    expect(summary).toBe(says);
    expect(next).toBeDefined();
    if (nextAt !== undefined) expect(next?.at).toBe(NOW + nextAt);
  });
});

const ends: readonly Story[] = [
  {
    title: 'accepted for everybody',
    given: {
      message: {
        status: 'sent',
        recipients: [person('jo@example.com', 'sent')],
        attemptLog: [attempt({ outcome: 'delivered' })],
      },
    },
    says: 'It was accepted by relay for everybody at 2026-11-22T11:59:00.000Z.',
  },
  {
    title: 'accepted for some',
    given: {
      message: {
        status: 'sent',
        recipients: [person('jo@example.com', 'sent'), person('x@example.com', 'bounced', '550 5.1.1 nobody here')],
        attemptLog: [attempt({ outcome: 'rejected' })],
      },
    },
    says:
      'It was accepted by relay for 1 of 2 recipients at 2026-11-22T11:59:00.000Z. ' +
      'Not for x@example.com (bounced: 550 5.1.1 nobody here).',
  },
  {
    title: 'delivered to some, as was told since',
    given: {
      message: {
        status: 'complained',
        recipients: [person('jo@example.com', 'delivered'), person('x@example.com', 'complained')],
        attemptLog: [attempt({ outcome: 'delivered' })],
        events: [event('sent')],
      },
    },
    says:
      'It was accepted by relay for everybody at 2026-11-22T11:59:00.000Z. It reached 1. ' +
      'A recipient complained about it.',
  },
  {
    title: 'what came back after it was accepted',
    given: {
      message: {
        status: 'bounced',
        recipients: [person('jo@example.com', 'bounced', '550 5.1.1 nobody here')],
        attemptLog: [attempt({ outcome: 'delivered' })],
        events: [event('bounced', { source: 'relay', class: 'hard' })],
      },
    },
    says:
      'It came back after it was accepted: jo@example.com (bounced: 550 5.1.1 nobody here). ' +
      `When the cause is mended, \`iep retry ${ID}\` sends it again.`,
  },
  {
    title: 'a dead letter',
    given: {
      message: {
        ...{ status: 'failed', dead: true, attempts: 5, lastError: '451 later' },
        recipients: [person('jo@example.com', 'failed')],
        attemptLog: [attempt({})],
      },
    },
    says:
      'It is a dead letter after 5 attempts. The last one ended with: 451 later. ' +
      `\`iep retry ${ID}\` tries it again from the start, \`iep dead delete ${ID}\` removes it.`,
  },
  {
    title: 'a dead letter that no attempt could mend',
    given: {
      message: {
        ...{ status: 'failed', dead: true, attempts: 1, lastError: 'its attachment a.pdf is gone' },
        recipients: [person('jo@example.com', 'failed')],
        attemptLog: [attempt({})],
        events: [event('dlq', { attempts: 1, reason: 'its attachment a.pdf is gone' })],
      },
    },
    says: `It is a dead letter: its attachment a.pdf is gone. \`iep dead delete ${ID}\` removes it.`,
  },
  {
    title: 'held because it may have been sent',
    given: {
      message: {
        ...{ status: 'failed', dead: true },
        recipients: [person('jo@example.com', 'failed')],
        attemptLog: [attempt({ outcome: 'unknown' })],
        events: [event('dlq', { attempts: 1, reason: 'The provider was given the message and never answered.' })],
      },
    },
    says:
      'It may have been sent: relay got it and never answered, and it is held as its tenant wishes. ' +
      `\`iep retry ${ID}\` sends it again, perhaps a second time; \`iep dead delete ${ID}\` removes it.`,
  },
  {
    title: 'refused',
    given: {
      message: {
        status: 'failed',
        recipients: [person('jo@example.com', 'bounced', '550 5.1.1 nobody here')],
        attemptLog: [attempt({ outcome: 'rejected' })],
      },
    },
    says:
      'It was refused for good: jo@example.com (bounced: 550 5.1.1 nobody here). ' +
      `When the cause is mended, \`iep retry ${ID}\` sends it again.`,
  },
  {
    title: 'not even tried',
    given: {
      message: {
        ...{ status: 'failed', lastError: 'the content could not be rendered: line 3' },
        recipients: [person('jo@example.com', 'failed')],
      },
    },
    says: 'It failed without an attempt: the content could not be rendered: line 3.',
  },
  {
    title: 'suppressed',
    given: {
      message: { status: 'suppressed', recipients: [person('jo@example.com', 'suppressed')] },
      circumstances: {
        suppressions: [{ email: 'jo@example.com', reason: 'manual', note: 'by phone', expiresAt: NOW + MINUTE }],
      },
    },
    says:
      'Nobody was mailed: jo@example.com is on the suppression list until 2026-11-22T12:01:00.000Z (manual: by phone); ' +
      '`iep suppression remove jo@example.com --tenant acme` lets it be mailed again.',
  },
  {
    title: 'withheld',
    given: {
      message: {
        status: 'suppressed',
        recipients: [person('jo@example.com', 'suppressed', 'sending is off for this tenant')],
      },
    },
    says: `Nobody was mailed: sending is off for this tenant. \`iep retry ${ID}\` sends it once it is on.`,
  },
  {
    title: 'unsubscribed',
    given: {
      message: {
        status: 'suppressed',
        recipients: [person('jo@example.com', 'suppressed', 'turned off: news')],
      },
      circumstances: {
        unsubscribes: [
          { email: 'jo@example.com', category: 'news' },
          { email: 'jo@example.com', category: '' },
        ],
      },
    },
    says:
      'Nobody was mailed: jo@example.com turned off "news", jo@example.com turned off all mail that can be; ' +
      '`iep unsubscribe remove jo@example.com --category "news" --tenant acme` lets it be mailed again.',
  },
  {
    title: 'suppressed then, and not now',
    given: { message: { status: 'suppressed', recipients: [person('jo@example.com', 'suppressed')] } },
    says:
      'Nobody was mailed: its recipients were on the suppression list then and are not now; ' +
      `\`iep retry ${ID}\` sends it.`,
  },
  {
    title: 'cancelled',
    given: { message: { status: 'cancelled', events: [event('cancelled')] } },
    says: 'It was cancelled at 2026-11-22T11:59:00.000Z, before it was sent.',
  },
  {
    title: 'cancelled after a provider got it',
    given: {
      message: { status: 'cancelled', events: [event('cancelled')], attemptLog: [attempt({ outcome: 'unknown' })] },
    },
    says: 'It was cancelled at 2026-11-22T11:59:00.000Z, but relay may have sent it before.',
  },
];

describe('a message that is done was', () => {
  it.each(ends)('$title', ({ given, says }) => {
    expect(say(given)).toEqual({ summary: says });
  });
});

describe('a message that came back while its recipients keep their status', () => {
  const took = { status: 'sent' as const, attemptLog: [attempt({ outcome: 'delivered' })] };
  const back = event('bounced', { source: 'mail', class: 'vendor-suppressed', diagnostic: 'Bounced Address' });

  it('says so first, and why', () => {
    const message = {
      ...took,
      recipients: [person('jo@example.com', 'sent')],
      events: [event('sent'), { ...back, recipient: 'jo@example.com' }],
    };
    expect(say({ message }).summary).toBe(
      'It was accepted by relay for everybody at 2026-11-22T11:59:00.000Z. It came back since for ' +
        'jo@example.com (vendor-suppressed: Bounced Address).',
    );
  });

  it('says nothing of who has it after all', () => {
    const message = {
      ...took,
      recipients: [person('jo@example.com', 'delivered')],
      events: [event('sent'), { ...back, recipient: 'jo@example.com' }],
    };
    expect(say({ message }).summary).not.toContain('came back');
  });
});

describe('a message whose provider is paused', () => {
  it('waits until that is resumed', () => {
    const paused = route(state('relay', { paused: true }));
    expect(say({ circumstances: due(-MINUTE), route: paused }).summary).toBe(
      'It waits: relay is paused; `iep provider resume relay` lets it go on.',
    );
    const spare = [...paused, ...route(state('spare'))];
    expect(say({ circumstances: due(-MINUTE), route: spare }).summary).toContain('others are before it');
  });
});

describe('the history in words', () => {
  it.each([
    [event('queued'), 'accepted'],
    [event('queued', { retry: true }), 'queued again by hand'],
    [event('queued', { rescheduled: true, scheduledAt: 'then' }), 'rescheduled for then'],
    [event('processing', { attempt: 2, provider: 'relay' }), 'an attempt through relay'],
    [
      event('delivery_delayed', { failover: true, from: 'relay', fallback: 'spare', reply: '421 no' }),
      'relay could not take it, spare steps in: 421 no',
    ],
    [
      event('delivery_delayed', { fault: true, reason: 'no key', nextAttemptAt: 'then' }),
      'no key; tried again at then',
    ],
    [
      event('delivery_delayed', { account: true, provider: 'relay', reply: '535 no' }),
      'relay refuses our account; it waits until that is put right, and no attempt is counted: 535 no',
    ],
    [
      event('delivery_delayed', { account: true, sender: true, provider: 'relay', reply: '403 no' }),
      'relay takes no mail of this sender; it waits until that is put right, and no attempt is counted: 403 no',
    ],
    [event('dlq', { attempts: 5, reply: '451 later' }), 'dead letter after 5 attempts: 451 later'],
    [event('dlq', { attempts: 1, reply: '451 later' }), 'dead letter after 1 attempt: 451 later'],
    [event('dlq', { attempts: 1, reason: 'its content is gone' }), 'dead letter: its content is gone'],
    [{ ...event('opened'), recipient: 'jo@example.com' }, 'opened by jo@example.com'],
    [
      {
        ...event('clicked', { actor: 'machine', rule: 'head', url: 'https://x.example/' }),
        recipient: 'jo@example.com',
      },
      'clicked by a machine (head), of the mail to jo@example.com: https://x.example/',
    ],
    [
      { ...event('bounced', { source: 'relay', class: 'soft', diagnostic: '552 full' }), recipient: 'jo@example.com' },
      'jo@example.com: came back, soft (by relay): 552 full',
    ],
    [{ ...event('delivered', { source: null }), recipient: 'jo@example.com' }, 'delivered to jo@example.com'],
    [{ ...event('complained', { source: 'ses' }), recipient: 'jo@example.com' }, 'jo@example.com complained (by ses)'],
    [event('complained', { source: 'resend' }), 'somebody complained (by resend)'],
    [
      event('complained', { source: 'relay', unproved: true }),
      'somebody complained, as a mail says that anybody may have written; it is held against nobody (by relay)',
    ],
    [
      event('bounced', { source: 'relay', class: 'hard', unproved: true, diagnostic: '550 no' }),
      'it came back for somebody, as a mail says that anybody may have written; it is held against nobody (by relay): 550 no',
    ],
    [
      { ...event('delivery_delayed', { source: 'ses', diagnostic: '451 busy' }), recipient: 'jo@example.com' },
      'jo@example.com: still on its way (by ses): 451 busy',
    ],
  ])('%#', (one, text) => {
    expect(timelineText(one)).toBe(text);
  });
});
