/**
 * One connection to PostgreSQL. Statements are written as those of SQLite are, with `?` or `@name` for what is bound, and answer
 * with promises. They run one after another: a connection is in one transaction at a time.
 */

import { createHash } from 'node:crypto';
import pg from 'pg';
import { givenUp } from '../rules/given-up.ts';
import { isOfPooler } from './refusal.ts';

export interface Statement<P extends unknown[] | object, R> {
  get(...input: Bound<P>): Promise<R | undefined>;
  all(...input: Bound<P>): Promise<R[]>;
  run(...input: Bound<P>): Promise<{ readonly changes: number }>;
  /** Gives the first column in place of rows. */
  pluck(): Statement<P, R>;
}

type Bound<P extends unknown[] | object> = P extends unknown[] ? P : [P];

export interface Connection {
  prepare<P extends unknown[] | object = unknown[], R = unknown>(sql: string): Statement<P, R>;
  /** What the process remembers from one call to the next, whichever connection it takes. */
  readonly memory: Map<string, number>;
  /** Several statements in one round trip, without parameters. */
  exec(sql: string): Promise<void>;
  /** The first of as many positions in the event log, for this transaction. */
  positions(count: number): Promise<number>;
}

/** What the engine has of a connection besides. */
export interface SessionClient extends Connection {
  begin(mode: string): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** Statements are refused from the moment at which it aborts. */
  heed(signal: AbortSignal | undefined): void;
  /** What others say on the channels that it listens to. */
  onNotice(fn: (text: string) => void): void;
  onEnd(fn: () => void): void;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly url: string;
  readonly tls?: pg.ClientConfig['ssl'];
  readonly statementTimeoutMs?: number;
  readonly memory?: Map<string, number>;
}

/** Their numbers have 13 bits of a position (migrations/0001-schema.sql). */
const MOST_EVENTS = 8_192;
/** Remembered once a pooler in transaction mode has shown itself: each transaction may come to another server process. */
const UNNAMED = 'statements.unnamed';
/** How long a database may take to answer a new connection. */
const CONNECT_MS = 5_000;

/** Numbers of 64 bits are below 2^53 in every column. */
const types = {
  getTypeParser(id: number, format?: 'text' | 'binary') {
    if (id === pg.types.builtins.INT8 || id === pg.types.builtins.NUMERIC) return Number;
    // As SQLite has them, and as our flags are kept.
    if (id === pg.types.builtins.BOOL) return (text: string) => (text === 't' ? 1 : 0);
    return pg.types.getTypeParser(id, format as 'text');
  },
} as unknown as pg.CustomTypesConfig;

/** Rejects with what the driver or the database says. */
export async function connectTo({
  url,
  tls,
  statementTimeoutMs,
  memory = new Map(),
}: SessionOptions): Promise<SessionClient> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'iep',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    types,
    ...(tls !== undefined && { ssl: tls }),
  });
  // A connection that breaks while nobody asks anything of it says so here alone; the next statement is refused then.
  client.on('error', () => undefined);
  await client.connect();
  return clientOn(client, { memory, statementTimeoutMs });
}

function clientOn(
  client: pg.Client,
  { memory, statementTimeoutMs }: { memory: Map<string, number>; statementTimeoutMs: number | undefined },
): SessionClient {
  // Of the transaction alone: behind a pooler the next one is another's.
  const limit = statementTimeoutMs === undefined ? '' : `; SET LOCAL statement_timeout = ${statementTimeoutMs}`;
  let base: number | undefined;
  let events = 0;
  let heeded: AbortSignal | undefined;
  const statements = new Map<string, Statement<unknown[], unknown>>();

  const ask = (query: pg.QueryConfig | pg.QueryArrayConfig) => {
    if (heeded?.aborted) throw givenUp();
    const { name: _name, ...unnamed } = query;
    const asked = client.query((memory.has(UNNAMED) ? unnamed : query) as pg.QueryConfig);
    return asked.catch((error: unknown) => {
      if (isOfPooler(error)) memory.set(UNNAMED, 1);
      throw error;
    });
  };
  return {
    memory,
    prepare<P extends unknown[] | object, R>(sql: string) {
      const known = statements.get(sql) ?? statementOn(ask, sql);
      statements.set(sql, known);
      return known as unknown as Statement<P, R>;
    },
    async exec(sql) {
      await client.query(sql);
    },
    async positions(count) {
      base ??= (await this.prepare<[], number>('SELECT event_position(0)').pluck().get()) ?? 0;
      const first = base + events;
      events += count;
      if (events > MOST_EVENTS) throw new Error(`a transaction writes more than ${MOST_EVENTS} events`);
      return first;
    },
    async begin(mode) {
      base = undefined;
      events = 0;
      await client.query(`BEGIN ${mode}${limit}`);
    },
    async commit() {
      await client.query('COMMIT');
    },
    async rollback() {
      await client.query('ROLLBACK');
    },
    heed(signal) {
      heeded = signal;
    },
    onNotice: (fn) => void client.on('notification', ({ payload = '' }) => fn(payload)),
    onEnd: (fn) => void client.on('end', fn),
    close: () => client.end(),
  };
}

type Ask = (query: pg.QueryConfig | pg.QueryArrayConfig) => Promise<pg.QueryResult>;

function statementOn(ask: Ask, sql: string): Statement<unknown[], unknown> {
  const { text, names } = numbered(sql);
  const name = nameOf(text);
  const valuesOf = (input: readonly unknown[]) => {
    if (names === undefined) return input.map(bound);
    const [given] = input as readonly [{ readonly [name: string]: unknown }];
    return names.map((name) => bound(given[name]));
  };
  const rows = (input: unknown[]) => ask({ name, text, values: valuesOf(input) });
  const lists = async (input: unknown[]) =>
    (await ask({ name, text, values: valuesOf(input), rowMode: 'array' })) as unknown as pg.QueryArrayResult<unknown[]>;
  const run = async (...input: unknown[]) => ({ changes: (await rows(input)).rowCount ?? 0 });
  const plucked: Statement<unknown[], unknown> = {
    get: async (...input) => (await lists(input)).rows[0]?.[0],
    all: async (...input) => (await lists(input)).rows.map(([first]) => first),
    run,
    pluck: () => plucked,
  };
  return {
    get: async (...input) => (await rows(input)).rows[0],
    all: async (...input) => (await rows(input)).rows,
    run,
    pluck: () => plucked,
  };
}

/** PostgreSQL takes no NUL in a text, and is given the bytes of a view alone. */
function bound(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

/** `?` and `@name` as `$1`, `$2`; but not within quotes and comments. */
export function numbered(sql: string): { readonly text: string; readonly names?: readonly string[] } {
  const names: string[] = [];
  let count = 0;
  const text = sql.replace(/'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\?|@(\w+)/g, (found, name?: string) => {
    if (found === '?') return `$${++count}`;
    if (name === undefined) return found;
    const at = names.indexOf(name);
    return `$${at === -1 ? names.push(name) : at + 1}`;
  });
  return { text, ...(names.length > 0 && { names }) };
}

const known = new Map<string, string>();

/** Of the statement on the server. It is made of the text, so that behind a pooler no other statement has it. */
function nameOf(text: string): string {
  const name = known.get(text) ?? createHash('sha256').update(text).digest('base64url');
  known.set(text, name);
  return name;
}
