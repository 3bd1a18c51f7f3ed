/** Who is told, as flags say it. */

import type { Command } from 'commander';
import { collect } from './values.ts';

export interface TargetFlags {
  readonly subscriber?: readonly string[];
  readonly email?: readonly string[];
  readonly topic?: readonly string[];
  readonly channel?: readonly string[];
}

const kinds = ['subscriber', 'email', 'topic', 'channel'] as const;

export function targetFlags(command: Command): Command {
  return command
    .option('--subscriber <id>', "who is told, such as '{{data.userId}}'; may be repeated, as what follows", collect)
    .option('--email <address>', 'an address that is told', collect)
    .option('--topic <name>', 'all who are in it are told', collect)
    .option('--channel <name>', 'a channel that is told', collect);
}

/** In the order of their kinds; undefined where none is named. */
export function targetsOf(flags: TargetFlags): readonly Readonly<Record<string, string>>[] | undefined {
  const targets = kinds.flatMap((kind) => (flags[kind] ?? []).map((value) => ({ [kind]: value })));
  return targets.length === 0 ? undefined : targets;
}

/** On a line of a table. */
export function targetText(targets: readonly object[] | null): string {
  return (targets ?? []).flatMap((one) => Object.entries(one).map(([kind, value]) => `${kind} ${value}`)).join(', ');
}
