/** A finding of the doctor, for people. */

import type { Finding } from '../manage/doctor/finding.ts';
import { type Paint, paint, type Shell } from './shell.ts';

const MARKS = { ok: 'ok', warning: 'warning', broken: 'BROKEN' } as const;

const COLOURS: Readonly<Record<Finding['level'], Paint>> = { ok: 'green', warning: 'yellow', broken: 'red' };

export function describeFinding(shell: Shell, { check, level, detail, advice }: Finding): string {
  const mark = paint(shell, shell.stdout, { as: COLOURS[level], text: MARKS[level].padEnd(8) });
  return `${mark} ${check}: ${detail}${advice === undefined ? '' : `\n         -> ${advice}`}`;
}
