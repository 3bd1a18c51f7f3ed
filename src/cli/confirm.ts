/** Asks before something is done to many messages at once, or cannot be undone. */

import { createInterface } from 'node:readline/promises';
import { visible } from '../core/visible-text.ts';
import { Complaint } from './failure.ts';
import { isInteractive, type Shell } from './shell.ts';

interface Asked {
  /** The command without `iep`, for the refusal. */
  readonly command: string;
  readonly question: string;
}

/** Whether all that a filter matched is to be acted upon: not in a dry run, and not where nothing matched. */
export async function confirmMany(
  shell: Shell,
  options: { readonly dryRun?: true; readonly yes?: true },
  asked: Asked & { readonly count: number },
): Promise<boolean> {
  if (options.dryRun === true || asked.count === 0) return false;
  return confirm(shell, options, { ...asked, reason: `acts on all that match, ${asked.count} now` });
}

/** Before something is gone for good. */
export async function confirmLoss(shell: Shell, options: { readonly yes?: true }, asked: Asked): Promise<boolean> {
  return confirm(shell, options, { ...asked, reason: 'cannot be undone' });
}

/** True when a person says yes, or `--yes` was given; where nobody is there to ask, as in a script, it must be given. */
async function confirm(
  shell: Shell,
  { yes }: { readonly yes?: true },
  { command, question, reason }: Asked & { readonly reason: string },
): Promise<boolean> {
  if (yes === true) return true;
  if (!isInteractive(shell)) {
    throw new Complaint(64, `${command} ${reason}, and there is no terminal to ask at`, 'Give --yes to go on.');
  }
  const lines = createInterface({ input: shell.stdin, output: shell.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${visible(question)} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
