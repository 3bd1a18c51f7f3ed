/** Asks before something is done to many messages at once, or cannot be undone. */

import { createInterface } from 'node:readline/promises';
import { visible } from '../core/visible-text.ts';
import { Complaint } from './failure.ts';
import { isInteractive, type Shell } from './shell.ts';

/** Whether what matched is to be acted upon: not in a dry run, and without a question where one was answered by `--yes`. */
export async function isAgreed(
  shell: Shell,
  options: { readonly dryRun?: true; readonly yes?: true },
  { count, question }: { readonly count: number; readonly question: string },
): Promise<boolean> {
  if (options.dryRun === true || count === 0) return false;
  return options.yes === true || (await confirm(shell, question));
}

/** Before something is gone for good: without a person to ask `--yes` must have been given. */
export async function confirmLoss(
  shell: Shell,
  options: { readonly yes?: true },
  { command, question }: { readonly command: string; readonly question: string },
): Promise<boolean> {
  if (options.yes === true) return true;
  if (!isInteractive(shell)) {
    throw new Complaint(64, `${command} cannot be undone, and there is no terminal to ask at`, 'Give --yes to go on.');
  }
  return confirm(shell, question);
}

/** True when a person says yes; also where none is there to ask, as in a script. */
export async function confirm(shell: Shell, question: string): Promise<boolean> {
  if (!isInteractive(shell)) return true;
  const lines = createInterface({ input: shell.stdin, output: shell.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${visible(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
