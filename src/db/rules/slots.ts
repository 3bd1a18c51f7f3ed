/**
 * How many deliveries an endpoint may have under lease at once, so that one which does not answer holds up neither the others
 * of its tenant nor those that do well.
 */

/** An endpoint as far as its slots go: each holds one delivery that is under lease. */
export interface SlotUser {
  readonly tenantNo: number;
  /** Whether its last answer was a success, and soon. */
  readonly isQuick: boolean;
  /** Whether nothing but failures came back lately. */
  readonly isFailing: boolean;
  /** Slots that it has now. */
  taken: number;
}

export interface SlotLimits {
  readonly maxPerEndpoint: number;
  readonly maxPerTenant: number;
  readonly maxDoubtful: number;
}

export interface Slots {
  /** Whether there is one for this endpoint. */
  isFree(user: SlotUser): boolean;
  take(user: SlotUser): void;
}

/** An endpoint that fails gets one slot; those that are slow, fail or are new share some that the others leave them. */
export function createSlots(
  users: readonly SlotUser[],
  { maxPerEndpoint, maxPerTenant, maxDoubtful }: SlotLimits,
): Slots {
  const ofTenant = new Map<number, number>();
  let doubtful = 0;
  const count = ({ tenantNo, isQuick }: SlotUser, slots: number) => {
    ofTenant.set(tenantNo, (ofTenant.get(tenantNo) ?? 0) + slots);
    if (!isQuick) doubtful += slots;
  };
  for (const user of users) count(user, user.taken);

  return {
    isFree({ tenantNo, isQuick, isFailing, taken }) {
      if (taken >= (isFailing ? 1 : maxPerEndpoint)) return false;
      if ((ofTenant.get(tenantNo) ?? 0) >= maxPerTenant) return false;
      return isQuick || doubtful < maxDoubtful;
    },
    take(user) {
      user.taken += 1;
      count(user, 1);
    },
  };
}
