/**
 * The fields that tell a caller of a tenant with limits where it stands (draft-ietf-httpapi-ratelimit-headers-10): of each
 * window what is left and when there is more, and what its limit is.
 */

import { type RateState, rateWindowMs } from '../core/rate-limit.ts';

export function rateHeaders(rates: readonly RateState[] | undefined): Readonly<Record<string, string>> {
  if (rates === undefined || rates.length === 0) return {};
  return {
    ratelimit: rates.map(standing).join(', '),
    'ratelimit-policy': rates
      .map(({ name, count }) => `"${name}";q=${count};w=${rateWindowMs[name] / 1000}`)
      .join(', '),
  };
}

function standing({ name, remaining, moreInMs }: RateState): string {
  return `"${name}";r=${remaining}${moreInMs === undefined ? '' : `;t=${Math.ceil(moreInMs / 1000)}`}`;
}
