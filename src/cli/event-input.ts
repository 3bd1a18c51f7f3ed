/** An event as flags say it. */

import { Complaint } from './failure.ts';
import { utf8TextOf } from './files.ts';
import { readAll, type Shell } from './shell.ts';

export interface EventFlags {
  readonly type: string;
  readonly id?: string;
  readonly data?: string;
  readonly subject?: string;
  readonly source?: string;
  readonly time?: string;
}

export async function eventFrom(shell: Shell, { type, id, data, subject, source, time }: EventFlags): Promise<object> {
  const text = data === '-' ? utf8TextOf(await readAll(shell.stdin), 'standard input') : data;
  return {
    type,
    ...(id !== undefined && { id }),
    ...(subject !== undefined && { subject }),
    ...(source !== undefined && { source }),
    ...(time !== undefined && { time }),
    ...(text !== undefined && { data: jsonOf('--data', text) }),
  };
}

export function jsonOf(flag: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Complaint(64, `${flag} is not JSON`, `Write it as in ${flag} '{"name": "value"}'.`);
  }
}
