/** An address that stands twice among the recipients of a parcel, as in `to` and in `cc`, gets one copy, and both have its outcome. */

import type { Outcome } from '../../core/outcome.ts';
import type { Parcel } from './provider.ts';
import { plainReply } from './reply.ts';

type Recipients = Parcel['recipients'];

export interface OneCopy {
  /** Those who are sent to. */
  readonly recipients: Recipients;
  /** By position, of what was given for some of those: also for who has the same address. */
  forAll<Given>(given: ReadonlyMap<number, Given>): Map<number, Given>;
}

export function oneCopyEach(recipients: Recipients): OneCopy {
  const same = Map.groupBy(recipients, ({ address }) => address);
  const twins = new Map([...same.values()].map((all) => [all[0]?.position, all]));
  return {
    recipients: recipients.filter(({ position }) => twins.has(position)),
    forAll: (given) =>
      new Map(
        [...given].flatMap(([position, one]) =>
          (twins.get(position) ?? []).map((twin) => [twin.position, one] as const),
        ),
      ),
  };
}

/** Of those who are left when the claim of the message is over: nobody is sent to by it any more, by another provider either. */
export const givenAway: Outcome = {
  ...{ kind: 'throttled', retryAfterMs: 0 },
  reply: plainReply('not begun: the claim of this message had ended'),
};
