/**
 * The log: JSON lines on standard output, one wide line for each request, attempt or login. Every field passes the
 * redaction, so no caller has to remember it. `output.ts` writes the lines: it drops some rather than hold the daemon up.
 */

import type { Clock } from '../../core/clock.ts';
import { openStandardOutput } from './descriptor.ts';
import { createOutput, type LogOutput } from './output.ts';
import { createRedact, type Redact } from './redact.ts';

/** The log's own names, which no field may take: of two members with one name, JSON readers take different ones. */
export type LogFields = Readonly<Record<string, unknown>> & { readonly [K in 'level' | 'time' | 'msg']?: never };

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** The same log with fields on every line. For long-lived parts, not for a request: it costs more than a line. */
  child(fields: LogFields): Log;
}

/** What can change while the log is written. */
export interface LogSettings {
  readonly level: LogLevel;
  /** Whole addresses, instead of redacted ones. */
  readonly showAddresses: boolean;
  /** Secrets that are known word for word; those of before stay hidden. */
  readonly hide?: readonly string[];
}

export interface AdjustableLog extends Log {
  /** Holds from the next line on, also for the logs that `child` made of it. */
  adjust(settings: LogSettings): void;
}

export interface LogDestination {
  write(line: string): void;
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export function createLog(options: LogSettings & { destination: LogDestination }): AdjustableLog {
  const hidden = new Set(options.hide);
  const state = stateOf(options, hidden);
  const adjust = (changed: LogSettings) => {
    for (const secret of changed.hide ?? []) hidden.add(secret);
    Object.assign(state, stateOf(changed, hidden));
  };
  return { ...wrap(createWrite(options.destination), state), adjust };
}

/** `fields`: one at least. */
type Write = (level: LogLevel, fields: LogFields) => void;

/** The time is RFC 3339, made once a millisecond: many lines share one. */
function createWrite(destination: LogDestination): Write {
  let at = 0;
  let time = '';
  return (level, fields) => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      time = new Date(now).toISOString();
    }
    destination.write(`{"level":"${level}","time":"${time}",${JSON.stringify(fields).slice(1)}\n`);
  };
}

/** Standard output for the lines of a daemon. */
export function createLogOutput(clock: Clock): LogOutput {
  const output = createOutput({ channel: openStandardOutput(), clock, describeDropped });
  process.on('exit', output.flushNow);
  return output;

  function describeDropped(dropped: number): string {
    const msg = 'lines of the log were dropped: the output was full or nobody read it';
    return `${JSON.stringify({ level: 'warn', time: new Date(clock.now()).toISOString(), dropped, msg })}\n`;
  }
}

interface State {
  lowest: number;
  redact: Redact;
}

function stateOf({ level, showAddresses }: LogSettings, hidden: ReadonlySet<string>): State {
  return { lowest: logLevels.indexOf(level), redact: createRedact({ showAddresses, hide: [...hidden] }) };
}

/** `own`: fields of every line. */
function wrap(write: Write, state: State, own?: LogFields): Log {
  const line = (level: LogLevel) => {
    const rank = logLevels.indexOf(level);
    return (fields: LogFields, message: string) => {
      // Most debug lines are never written; do not pay for cleaning them.
      if (rank < state.lowest) return;
      const clean = state.redact(fields) as Record<string, unknown>;
      const whole = own === undefined ? clean : { ...own, ...clean };
      // A line about a message says so under the name that log stores join by (seed 001 §16).
      if (whole.messageId !== undefined) whole.correlationId = whole.messageId;
      whole.msg = state.redact(message);
      write(level, whole);
    };
  };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => wrap(write, state, { ...own, ...(state.redact(fields) as LogFields) }),
  };
}
