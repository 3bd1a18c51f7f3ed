import { expect, it } from 'vitest';
import { heardLog } from '../../../test/heard-log.ts';
import { jobOf } from '../../../test/jobs.ts';
import type { Failover, Outcome } from '../../core/outcome.ts';
import { nextState } from './next-state.ts';
import { report } from './report.ts';

const NOW = 1_800_000_004_000;

function tell(
  outcomes: readonly (readonly [provider: string, outcome: Outcome])[],
  failovers: readonly Failover[] = [],
  job = jobOf({}),
) {
  const reports = outcomes.map(([provider, outcome]) => ({
    provider,
    startedAt: NOW - 30,
    endedAt: NOW,
    outcomes: new Map([[0, outcome]]),
  }));
  const policy = { scheduleSeconds: [60], jitter: 0, unknown: 'retry', maxAgeMs: 1e9 } as const;
  const settlement = nextState({ job, reports, policy, now: NOW, random: () => 0.5 });
  const log = heardLog();
  const counted: unknown[] = [];
  const attempts: unknown[] = [];
  const metrics = {
    messageStatus: (labels: object) => counted.push(labels),
    messageDuration: (seconds: number) => counted.push(seconds),
    providerError: (labels: object) => counted.push(labels),
    failover: (labels: object) => counted.push(labels),
    attempt: (seconds: number, labels: object) => void attempts.push({ seconds, ...labels }),
  };
  report({ log, metrics }, { job, settlement, reports, failovers });
  return { counted, attempts, lines: log.lines.map(({ fields }) => fields), tenant: job.message.tenantId };
}

const delivered: Outcome = { kind: 'delivered', reply: { text: '250 ok' } };
const unavailable: Outcome = { kind: 'unavailable', reply: { text: 'refused' } };

it('counts a sent message, and how long it took', () => {
  const { counted, lines, tenant } = tell([['relay', delivered]]);
  expect(counted).toEqual([{ status: 'sent', tenant, provider: 'relay' }, 4]);
  expect(lines).toEqual([
    expect.objectContaining({ provider: 'relay', attempt: 1, outcome: 'delivered', durationMs: 30, status: 'sent' }),
  ]);
});

it('counts from the time that a message was scheduled for', () => {
  const job = jobOf({ message: { scheduledAt: NOW - 1_000 } });
  expect(tell([['relay', delivered]], [], job).counted.at(-1)).toBe(1);
});

it('counts no attempt of a provider where none was asked', () => {
  const { counted, attempts, tenant } = tell([['', { kind: 'rejected', reply: { text: 'gone' }, bounce: 'other' }]]);
  expect([counted, attempts]).toEqual([[{ status: 'failed', tenant, provider: '' }], []]);
});

it('writes a line for each provider that was tried, and counts the one that failed', () => {
  const { counted, lines, tenant } = tell([
    ['relay', unavailable],
    ['spare', delivered],
  ]);
  expect(counted).toEqual([
    { provider: 'relay', type: 'unavailable' },
    { status: 'sent', tenant, provider: 'spare' },
    4,
  ]);
  expect(lines.map(({ provider, outcome }) => [provider, outcome])).toEqual([
    ['relay', 'unavailable'],
    ['spare', 'delivered'],
  ]);
});

it('measures how long each provider took', () => {
  expect(tell([['relay', unavailable]]).attempts).toEqual([
    { seconds: 0.03, provider: 'relay', outcome: 'unavailable' },
  ]);
});

it('counts no status while the message is open', () => {
  expect(tell([['relay', unavailable]]).counted).toEqual([{ provider: 'relay', type: 'unavailable' }]);
});

it('counts a failover, and writes one line for it', () => {
  const failover = { from: 'relay', to: 'spare', at: NOW, outcome: 'unavailable', reply: 'refused' } as const;
  const { counted, lines } = tell([['spare', delivered]], [failover]);
  expect(counted[0]).toEqual({ from: 'relay', to: 'spare' });
  expect(lines.filter(({ from }) => from === 'relay')).toEqual([
    expect.objectContaining({ from: 'relay', to: 'spare', outcome: 'unavailable', reply: 'refused' }),
  ]);
});
