import { expect, it } from 'vitest';
import { createVendorReports } from './vendor-reports.ts';

it('knows of each provider when a callback was taken, why one was refused, and whether its queue can be read', () => {
  let now = 1_000;
  const reports = createVendorReports({ now: () => now });
  expect(reports.of('mail')).toEqual({});
  reports.taken('mail');
  expect(reports.refused('mail', 'wrong_proof')).toBe(true);
  reports.queue('mail', { where: 'sqs.example', problem: 'AccessDenied' });
  const refused = { at: 1_000, reason: 'wrong_proof' };
  expect(reports.of('mail')).toEqual({
    takenAt: 1_000,
    refused,
    queue: { where: 'sqs.example', problem: 'AccessDenied' },
  });
  expect(reports.queues()).toEqual([{ provider: 'mail', up: false }]);
  reports.queueEnded('mail');
  expect([reports.of('mail'), reports.queues()]).toEqual([{ takenAt: 1_000, refused }, []]);
  now += 59_999;
  expect([reports.refused('mail', 'wrong_proof'), reports.refused('mail', 'too_old')]).toEqual([false, true]);
  now += 1;
  expect(reports.refused('mail', 'wrong_proof')).toBe(true);
});
