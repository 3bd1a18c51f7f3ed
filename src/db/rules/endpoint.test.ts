/** The end of a try alone: what becomes of the delivery, and when the endpoint is turned off. */

import { expect, it } from 'vitest';
import type { WebhookSettlement } from '../verbs/webhooks.ts';
import { type EndpointState, endOfTry } from './endpoint.ts';

const DAY = 86_400_000;
const NOW = 1_790_000_000_000;

const ended = (end: Partial<WebhookSettlement> = {}, endpoint: Partial<EndpointState> = {}) =>
  endOfTry(
    {
      ...{ deliveryId: 'd', fence: 1, at: NOW, attempt: { startedAt: NOW, durationMs: 5, request: {} } },
      ...{ lastAnswer: '503', delivered: false, quick: false, offAfterMs: 5 * DAY, ...end },
    },
    { isActive: true, isQuick: true, failingSince: null, ...endpoint },
  );

it('ends a delivery as delivered, failed, cancelled, or lets it wait', () => {
  expect(ended({ delivered: true }).status).toBe('delivered');
  expect(ended({ delivered: true }, { isActive: false }).status).toBe('delivered');
  expect(ended({ dueAt: NOW + 1 }).status).toBe('pending');
  expect(ended().status).toBe('failed');
  expect(ended({ dueAt: NOW + 1 }, { isActive: false }).status).toBe('cancelled');
});

it('remembers since when the endpoint fails, until a success', () => {
  expect(ended({}, { failingSince: null }).failingSince).toBe(NOW);
  expect(ended({}, { failingSince: NOW - DAY }).failingSince).toBe(NOW - DAY);
  expect(ended({ delivered: true }, { failingSince: NOW - DAY }).failingSince).toBeNull();
});

it('calls it quick after a success that came soon', () => {
  expect(ended({ delivered: true, quick: true }).isQuick).toBe(true);
  expect(ended({ delivered: true }).isQuick).toBe(false);
  expect(ended({ quick: true }).isQuick).toBe(false);
});

it('turns it off once nothing but failures came back for long enough, and not before', () => {
  const late = { dueAt: NOW + 1 };
  expect(ended(late, { failingSince: NOW - 5 * DAY + 1 })).toMatchObject({ status: 'pending', offReason: undefined });
  const off = { status: 'cancelled', offReason: 'nothing but failures for 5 days' };
  expect(ended(late, { failingSince: NOW - 5 * DAY })).toMatchObject(off);
  expect(ended({ delivered: true }, { failingSince: NOW - 9 * DAY }).offReason).toBeUndefined();
});

it('turns it off at once where the answer says so, and only what is on', () => {
  const gone = { dueAt: NOW + 1, offReason: 'it answered 410 Gone' };
  expect(ended(gone)).toMatchObject({ status: 'cancelled', offReason: 'it answered 410 Gone' });
  expect(ended(gone, { isActive: false })).toMatchObject({ status: 'cancelled', offReason: undefined });
});
