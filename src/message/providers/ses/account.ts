/**
 * What SES says of an account: whether it may send, and to whom.
 * https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html, read 2026-11-30.
 */

import type { OwnHealth } from '../http/client.ts';
import type { Heard } from '../http/outcomes.ts';

const PAUSED = /"SendingEnabled"\s*:\s*false|"EnforcementStatus"\s*:\s*"SHUTDOWN"/;
const IN_SANDBOX = /"ProductionAccessEnabled"\s*:\s*false/;
const UNDER_REVIEW = /"EnforcementStatus"\s*:\s*"PROBATION"/;

/** Undefined where there is nothing to say beside that it answered. */
export function healthOf({ status, body }: Heard, region: string): OwnHealth | undefined {
  if (status !== 200) return undefined;
  if (PAUSED.test(body))
    return { ok: false, detail: `says that the account's sending is paused in ${region}. Settle that at AWS.` };
  const but = (what: string) => ({ ok: true, detail: `answered and took the key; ${what}` });
  if (IN_SANDBOX.test(body))
    return but(
      `in ${region} the account is in the sandbox, where only verified addresses get mail. Ask AWS for production access.`,
    );
  if (UNDER_REVIEW.test(body)) return but(`AWS has the account's sending under review in ${region}.`);
  return undefined;
}
