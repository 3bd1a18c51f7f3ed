/** What comes back raises a status and never lowers it. */

import { expect, it } from 'vitest';
import { type Status, statuses } from '../../core/message.ts';
import { bounceReasons, feedbackKinds } from '../verbs/feedback.ts';
import { nextStatus } from './next-status.ts';

const hard = { kind: 'bounced', data: { class: 'hard' } } as const;
const delivered = { kind: 'delivered', data: {} } as const;
const complained = { kind: 'complained', data: {} } as const;

it.each([
  ['sent', delivered, 'delivered'],
  ['sent', hard, 'bounced'],
  ['sent', complained, 'complained'],
  ['delivered', hard, 'bounced'],
  ['delivered', complained, 'complained'],
  ['bounced', delivered, 'bounced'],
  ['bounced', complained, 'complained'],
  ['complained', delivered, 'complained'],
  ['complained', hard, 'complained'],
] as const)('%s, then %o: %s', (status, told, next) => {
  expect(nextStatus(status, told)).toBe(next);
});

it.each(bounceReasons.filter((reason) => reason !== 'hard'))('a bounce of class %s changes no status', (reason) => {
  for (const status of statuses) expect(nextStatus(status, { kind: 'bounced', data: { class: reason } })).toBe(status);
});

it('leaves alone what was never sent, and changes a status by outcomes alone', () => {
  const unsent: readonly Status[] = ['scheduled', 'queued', 'processing', 'failed', 'suppressed', 'cancelled'];
  for (const status of unsent)
    for (const told of [hard, delivered, complained]) expect(nextStatus(status, told)).toBe(status);
  const idle = feedbackKinds.filter((kind) => !['delivered', 'bounced', 'complained'].includes(kind));
  for (const kind of idle) expect(nextStatus('sent', { kind, data: {} })).toBe('sent');
});

it('comes to the same end in whatever order things come back', () => {
  const all = [hard, delivered, complained];
  const orders = all.flatMap((one) => all.filter((two) => two !== one).map((two) => [one, two]));
  for (const [one, two] of orders) {
    if (one === undefined || two === undefined) throw new Error('no order');
    expect(nextStatus(nextStatus('sent', one), two)).toBe(nextStatus(nextStatus('sent', two), one));
  }
});
