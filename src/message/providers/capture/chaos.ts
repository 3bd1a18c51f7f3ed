/**
 * Failure on purpose: a provider that refuses, delays or drops by rule, so that an application and its operator meet what real
 * providers do before it matters. The first rule that holds for a recipient decides.
 */

import * as z from 'zod';
import type { Outcome, ProviderReply } from '../../../core/outcome.ts';

export const chaosActs = ['refuse', 'defer', 'throttle', 'delay', 'drop'] as const;

const MAX_DELAY_SECONDS = 300;
const DEFAULT_DELAY_SECONDS = 5;

export const chaosRule = z.strictObject({
  /** Whom it is about: a whole address, `@domain`, or `local@` in any domain. Absent: everybody. */
  to: z.string().min(2).max(320).includes('@').optional(),
  /** `refuse`: for good; `defer`: for now; `throttle`: not so fast; `delay`: after a while; `drop`: taken, and gone. */
  do: z.enum(chaosActs),
  /** In how many cases of a hundred. */
  percent: z.number().positive().max(100).default(100),
  /** What a delay lasts. */
  seconds: z.number().positive().max(MAX_DELAY_SECONDS).default(DEFAULT_DELAY_SECONDS),
});

export type ChaosRule = z.output<typeof chaosRule>;

/** Of `iep serve --dev --chaos`: by the name of an address what is asked for, and now and then for anybody. */
export const defaultChaos: readonly z.input<typeof chaosRule>[] = [
  ...chaosActs.map((act) => ({ to: `${act}@`, do: act })),
  { do: 'refuse', percent: 5 },
  { do: 'defer', percent: 10 },
  { do: 'delay', percent: 10 },
];

/** `random` is from 0, and below 1. Undefined: nothing happens to this recipient. */
export function chaosFor(rules: readonly ChaosRule[], address: string, random: () => number): ChaosRule | undefined {
  return rules.find((rule) => isAbout(rule, address.toLowerCase()) && random() * 100 < rule.percent);
}

function isAbout({ to }: ChaosRule, address: string): boolean {
  const wanted = to?.toLowerCase();
  if (wanted === undefined) return true;
  if (wanted.startsWith('@')) return address.endsWith(wanted);
  return wanted.endsWith('@') ? address.startsWith(wanted) : address === wanted;
}

/** What the provider says where it does not take the mail. */
export function chaosOutcome(act: ChaosRule['do']): Outcome | undefined {
  if (act === 'refuse') {
    return {
      kind: 'rejected',
      bounce: 'hard',
      reply: said('550 5.1.1 chaos: this recipient is refused', 550, '5.1.1'),
    };
  }
  if (act === 'defer') return { kind: 'deferred', reply: said('451 4.3.0 chaos: try again later', 451, '4.3.0') };
  if (act === 'throttle') return { kind: 'throttled', reply: said('452 4.5.3 chaos: not so fast', 452, '4.5.3') };
  return undefined;
}

function said(text: string, code: number, enhanced: string): ProviderReply {
  return { text, code, enhanced };
}
