/** For tests: a log that is listened to instead of written. */

import type { Log, LogFields } from '../src/base/observe/log.ts';

export interface HeardLog extends Log {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: LogFields }[];
}

export function heardLog(): HeardLog {
  const lines: HeardLog['lines'] = [];
  const line = (level: string) => (fields: LogFields, message: string) => void lines.push({ level, message, fields });
  const log: HeardLog = {
    lines,
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: () => log,
  };
  return log;
}
