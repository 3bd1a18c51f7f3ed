/** What PostgreSQL, its driver or the network say, as a refusal where it is the moment's fault. */

import { IepError } from '../../core/errors.ts';
import { asStoreRefusal } from '../datadir/store-refusal.ts';

/** Classes of SQLSTATE that say the database cannot be written or read now (https://www.postgresql.org/docs/15/errcodes-appendix.html). */
const UNAVAILABLE: readonly [prefix: string, detail: string][] = [
  ['08', 'The connection to the database broke.'],
  ['25006', 'The database takes no writes: it is a standby.'],
  ['28', 'The database refuses the user or its password.'],
  ['3D', 'The database of `store.url` does not exist.'],
  ['53', 'The database is out of room or connections.'],
  ['55P03', 'Others held a lock for too long.'],
  ['57', 'The database stopped or ended the statement.'],
  ['58', 'The disk of the database answered with an error.'],
];
const DAMAGED = 'XX';
/** Others came between, or each waited for the other: the same transaction may pass when it is done again. */
const AGAIN: ReadonlySet<string> = new Set(['40001', '40P01', '23505']);
const OF_THE_NETWORK =
  /^(ECONN|ENOTFOUND|ENOENT|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN|CERT_|ERR_TLS|DEPTH_|SELF_SIGNED|UNABLE_)/;
/** What the driver says without a code. */
const BROKEN = /Connection terminated|Client was closed|not queryable|connection error|timeout expired/i;

export function sqlStateOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

export function isAgain(error: unknown): boolean {
  return AGAIN.has(sqlStateOf(error)) || isOfPooler(error);
}

/** A prepared statement is not there, or there already: a pooler gives the connection another server process. */
export function isOfPooler(error: unknown): boolean {
  return ['26000', '42P05'].includes(sqlStateOf(error));
}

/** Whether the connection is of no more use. */
export function isBroken(error: unknown): boolean {
  const code = sqlStateOf(error);
  if (/^(08|57P)/.test(code) || OF_THE_NETWORK.test(code)) return true;
  return error instanceof Error && BROKEN.test(error.message);
}

/** The connection broke while a transaction was being committed: it may be kept or not, so that nobody does it again unasked. */
export class OutcomeUnknown extends IepError {
  constructor(cause: unknown) {
    const detail = 'The connection to the database broke as it was told to keep this: it may have been kept or not.';
    super('store_unavailable', detail, { cause });
  }
}

export function asPostgresRefusal(error: unknown): unknown {
  const known = asStoreRefusal(error);
  if (!(error instanceof Error) || known instanceof IepError) return known;
  const code = sqlStateOf(error);
  if (code.startsWith(DAMAGED)) {
    return new IepError('store_damaged', `The database is damaged (${code}: ${error.message}).`, { cause: error });
  }
  const state = UNAVAILABLE.find(([prefix]) => code.startsWith(prefix));
  if (state) return new IepError('store_unavailable', `${state[1]} (${code}: ${error.message})`, { cause: error });
  if (isBroken(error)) {
    const said = code === '' ? error.message : `${code}: ${error.message}`;
    return new IepError('store_unavailable', `The database cannot be reached (${said}).`, { cause: error });
  }
  if (isAgain(error)) {
    const detail = 'Others changed the same at the same time, again and again; try once more.';
    return new IepError('store_unavailable', detail, { cause: error, retryAfterMs: 1_000 });
  }
  return error;
}
