/** What the doctor says of one thing it looked at. */

export const levels = ['ok', 'warning', 'broken'] as const;

export interface Finding {
  /** `config`, `disk`, `provider relay`… */
  readonly check: string;
  readonly level: (typeof levels)[number];
  readonly detail: string;
  /** What to do; always there where something is wrong. */
  readonly advice?: string;
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
