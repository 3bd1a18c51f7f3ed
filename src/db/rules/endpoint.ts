/** What the end of a try means: for the delivery, and for the endpoint, which is turned off when it fails for too long. */

import { counted } from '../../core/counted.ts';
import type { DeliveryStatus, WebhookSettlement } from '../verbs/webhooks.ts';

/** How an endpoint does. */
export interface EndpointState {
  readonly isActive: boolean;
  /** Whether its last answer was a success, and soon. */
  readonly isQuick: boolean;
  /** Time of the first failure since the last success. */
  readonly failingSince: number | null;
}

export interface TryEnd {
  readonly status: DeliveryStatus;
  /** Why the endpoint is turned off now. */
  readonly offReason: string | undefined;
  readonly isQuick: boolean;
  readonly failingSince: number | null;
}

const DAY_MS = 86_400_000;

export function endOfTry(end: WebhookSettlement, endpoint: EndpointState): TryEnd {
  const offReason = endpoint.isActive ? offReasonOf(end, endpoint) : undefined;
  return {
    status: statusOf(end, !endpoint.isActive || offReason !== undefined),
    offReason,
    isQuick: end.delivered && end.quick,
    failingSince: end.delivered ? null : (endpoint.failingSince ?? end.at),
  };
}

function statusOf({ delivered, dueAt }: WebhookSettlement, isOff: boolean): DeliveryStatus {
  if (delivered) return 'delivered';
  if (isOff) return 'cancelled';
  return dueAt === undefined ? 'failed' : 'pending';
}

function offReasonOf(
  { delivered, offReason, offAfterMs, at }: WebhookSettlement,
  { failingSince }: EndpointState,
): string | undefined {
  if (delivered || offReason !== undefined) return offReason;
  const failingMs = failingSince === null ? 0 : at - failingSince;
  if (failingMs < offAfterMs) return undefined;
  return `nothing but failures for ${counted(Math.floor(failingMs / DAY_MS), 'day')}`;
}
