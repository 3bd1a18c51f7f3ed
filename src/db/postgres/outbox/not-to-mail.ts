/** Which recipients of a message are not to be mailed now, asked inside the transaction that hands it on. */

import type { Job } from '../../../core/message.ts';
import type { Connection } from '../connection.ts';
import { suppressedIn } from '../suppressions/suppressions.ts';
import { unsubscribedIn } from '../unsubscribes/unsubscribes.ts';

interface Asked {
  readonly tenantNo: number;
  readonly recipients: readonly { readonly position: number; readonly address: string }[];
  /** What of the message can be turned off. */
  readonly category: string | undefined;
  readonly now: number;
}

export function notToMail(db: Connection): (asked: Asked) => Promise<Pick<Job, 'suppressed' | 'unsubscribed'>> {
  const suppressed = suppressedIn(db);
  const isOff = unsubscribedIn(db);
  return async ({ tenantNo, recipients, category, now }) => {
    const listed: number[] = [];
    const unsubscribed: number[] = [];
    for (const { position, address } of recipients) {
      if (await suppressed(tenantNo, address, now)) listed.push(position);
      else if (category !== undefined && (await isOff(tenantNo, address, category))) unsubscribed.push(position);
    }
    if (unsubscribed.length === 0) return { suppressed: listed };
    return { suppressed: [...listed, ...unsubscribed].sort((one, other) => one - other), unsubscribed };
  };
}
