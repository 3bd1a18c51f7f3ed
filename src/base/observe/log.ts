/**
 * The log: JSON lines on standard output, one wide line for each request, attempt or login. Every field passes the
 * redaction, so no caller has to remember it. `output.ts` writes the lines: it drops some rather than hold the daemon up.
 */

import pino from 'pino';
import type { Clock } from '../../core/clock.ts';
import { openStandardOutput } from './descriptor.ts';
import { createOutput, type LogOutput } from './output.ts';
import { createRedact, type Redact } from './redact.ts';

export type LogFields = Readonly<Record<string, unknown>>;

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
  const settings: pino.LoggerOptions = {
    // Which lines are written is decided here and not in pino, so that it can change.
    level: 'debug',
    base: null,
    timestamp: createTimestamp(),
    formatters: { level: (label) => ({ level: label }) },
    // Errors were already described by the redaction; pino's own serializer would see a plain object.
    serializers: {},
  };
  const state = stateOf(options, hidden);
  const adjust = (changed: LogSettings) => {
    for (const secret of changed.hide ?? []) hidden.add(secret);
    Object.assign(state, stateOf(changed, hidden));
  };
  return { ...wrap(pino(settings, options.destination), state), adjust };
}

/** RFC 3339, made once a millisecond: many lines share one. */
function createTimestamp(): () => string {
  let at = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
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

function wrap(logger: pino.Logger, state: State): Log {
  const line = (level: LogLevel) => {
    const rank = logLevels.indexOf(level);
    return (fields: LogFields, message: string) => {
      // Most debug lines are never written; do not pay for cleaning them.
      if (rank >= state.lowest) logger[level](correlated(state.redact(fields)), String(state.redact(message)));
    };
  };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => wrap(logger.child(state.redact(fields) as pino.Bindings), state),
  };
}

/** A line about a message says so under the name that log stores join by (seed 001 §16); `clean` is the line's own copy. */
function correlated(clean: unknown): Record<string, unknown> {
  const fields = clean as Record<string, unknown>;
  if (fields.messageId !== undefined) fields.correlationId = fields.messageId;
  return fields;
}
