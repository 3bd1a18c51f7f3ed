/** What the doctor says of one thing it looked at. */

import { type Paint, paint, type Shell } from '../shell.ts';

export interface Finding {
  /** `config`, `disk`, `provider relay`… */
  readonly check: string;
  readonly level: 'ok' | 'warning' | 'broken';
  readonly detail: string;
  /** What to do; always there where something is wrong. */
  readonly advice?: string;
}

const MARKS = { ok: 'ok', warning: 'warning', broken: 'BROKEN' } as const;
const COLOURS: Readonly<Record<Finding['level'], Paint>> = { ok: 'green', warning: 'yellow', broken: 'red' };

export function describeFinding(shell: Shell, { check, level, detail, advice }: Finding): string {
  const mark = paint(shell, shell.stdout, { as: COLOURS[level], text: MARKS[level].padEnd(8) });
  return `${mark} ${check}: ${detail}${advice === undefined ? '' : `\n         -> ${advice}`}`;
}

export function ok(check: string, detail: string): Finding {
  return { check, level: 'ok', detail };
}

export function warning(check: string, detail: string, advice: string): Finding {
  return { check, level: 'warning', detail, advice };
}

export function broken(check: string, detail: string, advice: string): Finding {
  return { check, level: 'broken', detail, advice };
}
