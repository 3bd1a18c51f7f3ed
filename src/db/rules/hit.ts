/** Whether a person or a program opened a message or followed its link. Pure. */

import { knownMachine } from '../../core/machines.ts';
import type { Actor } from '../../core/tracking.ts';
import type { NewHit } from '../verbs/hits.ts';

export interface JudgedHit {
  readonly actor: Actor;
  /** That decided. */
  readonly rule: string;
}

/** Nobody reads mail as soon as this after it was handed over. */
const TOO_SOON_MS = 2_000;
/** Links of one mail that nobody follows within a second. */
const MANY_LINKS = 3;

/** Hits of a recipient and a kind that the history has, of people and of programs each; the others are only counted. */
export const KEPT_HITS = 50;

/** `handedOverAt`: undefined while a provider has yet to take the copy. */
export function judgeHit(hit: NewHit, handedOverAt: number | undefined): JudgedHit {
  const machine = (rule: string): JudgedHit => ({ actor: 'machine', rule });
  if (hit.isDecoy) return machine('decoy_link');
  if (hit.isHead) return machine('head');
  const program = knownMachine(hit.userAgent, hit.ip);
  if (program !== undefined) return machine(program);
  if (handedOverAt === undefined || hit.at < handedOverAt + TOO_SOON_MS) return machine('too_soon');
  if ((hit.linksAtOnce ?? 1) >= MANY_LINKS) return machine('many_links');
  if (hit.userAgent === undefined) return { actor: 'unknown', rule: 'no_user_agent' };
  return { actor: 'human', rule: 'no_sign_of_a_machine' };
}
