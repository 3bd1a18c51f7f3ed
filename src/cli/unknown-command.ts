/** Refuses a subcommand that does not exist, also where a command with a default action would take its name for an argument. */

import type { Command } from 'commander';
import { closest, distance } from 'fastest-levenshtein';

/** For a command and all below it that have subcommands. */
export function refuseUnknownSubcommands(command: Command): void {
  if (command.commands.length === 0) return;
  for (const child of command.commands) refuseUnknownSubcommands(child);
  const known = command.commands.map((one) => one.name());
  const refuse = (name: string) => command.error(`error: ${unknownCommand(name, known)}`);
  // Where nothing is done by default.
  command.on('command:*', ([name = '']: readonly string[]) => refuse(name));
  // Where something is: commander hands it whatever names no subcommand.
  command.hook('preSubcommand', ({ args: [name = ''] }) => {
    if (name !== '' && !name.startsWith('-') && !known.includes(name)) refuse(name);
  });
}

/** With the one that resembles it, else with all there are where they fit on a line. */
export function unknownCommand(name: string, known: readonly string[]): string {
  const nearest = closest(name, known);
  const isNear = distance(name, nearest) <= Math.max(2, name.length / 2);
  const advice = isNear ? `Did you mean ${nearest}?` : known.length <= SHOWN ? `There are: ${known.join(', ')}` : '';
  return `unknown command '${name}'${advice === '' ? '' : `\n(${advice})`}`;
}

const SHOWN = 12;
