/** Which recipients of a message are not to be mailed now, asked inside the transaction that hands it on. */

import type { Job } from '../../../core/message.ts';
import type { Connection } from '../connection.ts';
import { mapInTurn } from '../in-turn.ts';
import { suppressedIn } from '../suppressions/suppressions.ts';
import { unsubscribedIn } from '../unsubscribes/unsubscribes.ts';

interface Asked {
  readonly tenantNo: number;
  readonly recipients: readonly { readonly position: number; readonly address: string }[];
  /** What of the message can be turned off. */
  readonly category: string | undefined;
  readonly now: number;
}

/** Of many messages at once, in their order: few tenants have lists, and few addresses are on one. */
export function notToMail(
  db: Connection,
): (asked: readonly Asked[]) => Promise<readonly Pick<Job, 'suppressed' | 'unsubscribed'>[]> {
  const withLists = db
    .prepare<[readonly number[]], number>(
      'SELECT no FROM tenants WHERE no = ANY (?::bigint[]) AND suppressions + unsubscribes > 0',
    )
    .pluck();
  const suppressed = suppressedIn(db);
  const isOff = unsubscribedIn(db);
  return async (asked) => {
    const tenants = [...new Set(asked.map(({ tenantNo }) => tenantNo))];
    const listing = new Set(tenants.length === 0 ? [] : await withLists.all(tenants));
    return mapInTurn(asked, async ({ tenantNo, recipients, category, now }) => {
      const listed: number[] = [];
      const unsubscribed: number[] = [];
      for (const { position, address } of listing.has(tenantNo) ? recipients : []) {
        if (await suppressed(tenantNo, address, now)) listed.push(position);
        else if (category !== undefined && (await isOff(tenantNo, address, category))) unsubscribed.push(position);
      }
      if (unsubscribed.length === 0) return { suppressed: listed };
      return { suppressed: [...listed, ...unsubscribed].sort((one, other) => one - other), unsubscribed };
    });
  };
}
