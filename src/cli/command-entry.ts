/** A command in the table of commands. */

import type { Command } from 'commander';
import type { Shell } from './shell.ts';

/** Gives the command its options, help and action. `whole`: the program with every command ready, for a command that tells of all. */
export type Configure = (command: Command, shell: Shell, whole: () => Promise<Command>) => void;

export interface CommandEntry {
  readonly name: string;
  readonly group: 'Mail' | 'Platform' | 'Care' | 'Other';
  readonly summary: string;
  load(): Promise<Configure>;
}
