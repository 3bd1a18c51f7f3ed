import { describe, expect, it } from 'vitest';
import { jobOf } from '../../../test/jobs.ts';
import { ContentLost } from '../../core/content-lost.ts';
import { IepError } from '../../core/errors.ts';
import type { Attachment } from '../../core/message.ts';
import type { Outcome } from '../../core/outcome.ts';
import { afterFault, faultsIn, isOutage } from './after-fault.ts';

const HOUR = 3_600_000;
const BLOB = 'b'.repeat(64);
const ID = jobOf({}).message.id;
const policy = { scheduleSeconds: [60, 300], jitter: 0, maxAgeMs: 120 * HOUR };

function ending(
  error: unknown,
  changes: Parameters<typeof jobOf>[0] & { ageMs?: number; faults?: number; said?: Outcome } = {},
) {
  const job = jobOf(changes);
  const now = job.message.createdAt + (changes.ageMs ?? 0);
  const { faults = 0, said } = changes;
  const reports = said ? [{ provider: 'relay', startedAt: now, endedAt: now, outcomes: new Map([[0, said]]) }] : [];
  return { now, ...afterFault({ job, error, reports, faults, policy, now, random: () => 0.5 }) };
}

const shortly = (events: ReturnType<typeof ending>['events']) =>
  events.map(({ type, recipient = '' }) => `${type} ${recipient}`.trim());

describe('content that is gone', () => {
  const attachment: Attachment = {
    ...{ filename: 'report.pdf', contentType: 'application/pdf' },
    content: { blob: BLOB, size: 300_000 },
  };

  it('makes a dead letter at once that says what is missing and what to do', () => {
    const fault = new Error('the message could not be read', { cause: new ContentLost(BLOB, 'gone') });
    const { events, dead, dueAt, lastError, recipients, status } = ending(fault, {
      message: { attachments: [attachment] },
    });
    const reason = `its attachment report.pdf is gone (blob ${BLOB}); \`iep retry ${ID}\` sends it once it is restored`;
    expect({ status, dead, dueAt, lastError }).toEqual({
      status: 'failed',
      dead: true,
      dueAt: undefined,
      lastError: reason,
    });
    expect(recipients).toEqual([{ position: 0, status: 'failed', reply: reason }]);
    expect(shortly(events)).toEqual(['failed r0@example.com', 'dlq']);
    expect(events[1]?.data).toEqual({ attempts: 0, maxAttempts: 5, reason });
  });

  it('may be the whole message', () => {
    expect(ending(new ContentLost(BLOB, 'gone'), { attempts: 2 }).lastError).toMatch(
      /^its content is gone \(blob b{64}\); /,
    );
  });

  it('says so where it is there and not what it was', () => {
    const { lastError, dead } = ending(new ContentLost(BLOB, 'damaged'), {});
    expect({ lastError, dead }).toMatchObject({
      lastError: expect.stringMatching(/^its content is damaged /),
      dead: true,
    });
  });

  it('takes nothing from recipients that have an outcome, and none from the suppressed', () => {
    const { status, events } = ending(new ContentLost(BLOB, 'gone'), {
      recipients: 2,
      suppressed: [1],
      settled: ['sent'],
    });
    expect(status).toBe('sent');
    expect(shortly(events)).toEqual(['failed r0@example.com', 'suppressed r1@example.com', 'dlq']);
  });
});

describe('a fault after an answer', () => {
  it.each([
    ['delivered', true],
    ['unknown', true],
    ['deferred', undefined],
  ] as const)('%s: a dead letter, lest it is sent again and again: %s', (kind, dead) => {
    const found = ending(new TypeError('x'), { said: { kind, reply: { text: 'said' } } });
    expect(found.dead).toBe(dead);
    if (dead) expect(found.lastError).toMatch(/^relay was given it, .* `iep retry \S+` may send it a second time$/);
  });
});

describe('any other fault', () => {
  it.each([
    [0, 60],
    [1, 300],
    [7, 300],
  ])('after %i others is tried again after %i s, and costs no attempt', (faults, seconds) => {
    const { now, dueAt, status, recipients, attempts, events } = ending(new TypeError('x is no function'), { faults });
    expect({ status, dueAt, recipients, attempts }).toEqual({
      ...{ status: 'queued', dueAt: now + seconds * 1_000, recipients: [], attempts: undefined },
    });
    expect(events).toMatchObject([
      { type: 'delivery_delayed', data: { fault: true, nextAttemptAt: new Date(now + seconds * 1_000).toISOString() } },
    ]);
  });

  it('is a dead letter once the message is old', () => {
    const { dead, status, events } = ending(new TypeError('x'), { ageMs: 120 * HOUR + 1 });
    expect({ dead, status }).toEqual({ dead: true, status: 'failed' });
    expect(events.at(-1)?.data?.reason).toMatch(
      /\(TypeError\).*older than retry\.maxAgeHours, so only `iep retry \S+` tries/,
    );
    expect(ending(new TypeError('x'), { ageMs: 120 * HOUR }).dead).toBeUndefined();
  });

  it('tells why where that was written to be read, and else only of what kind it is', () => {
    const refusal = new Error('while signing', { cause: new IepError('secret_unreadable', 'The key is not here') });
    expect(ending(refusal).lastError).toBe('it could not be handed over: The key is not here');
    expect(ending(new TypeError('planted')).lastError).not.toContain('planted');
  });
});

describe('an outage', () => {
  it('is told whatever lies around it, and whatever code a library wrote into it', () => {
    const refused = new IepError('store_unavailable', 'The S3 service is away');
    Object.assign(refused, { code: 'ESTREAM' });
    expect(isOutage(new Error('the message could not be read', { cause: refused }))).toBe(true);
    expect(isOutage(new IepError('secret_unreadable'))).toBe(false);
    expect(isOutage('thrown')).toBe(false);
  });
});

describe('faults', () => {
  it('are counted from when the message was last put into the queue', () => {
    const [queued, fault, retry] = [
      { type: 'queued', data: {} },
      { type: 'delivery_delayed', data: { fault: true } },
      { type: 'retry_scheduled', data: {} },
    ] as const;
    expect(faultsIn([queued, fault, retry, fault])).toBe(2);
    expect(faultsIn([queued, fault, queued, fault])).toBe(1);
    expect(faultsIn([])).toBe(0);
  });
});
