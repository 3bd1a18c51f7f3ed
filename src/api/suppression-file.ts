/**
 * Suppression lists as files: our own and those of other services, as they come. What is exported can be imported; the
 * lines that are not understood are told, one by one.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { FieldError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import { EXPIRED, readEntryAddress, showEntryAddress } from '../core/suppression-entry.ts';
import { type Suppression, type SuppressionReason, suppressionReasons } from '../db/verbs/suppressions.ts';
import { type CsvFile, csvFile } from './csv-stream.ts';
import { fileTime } from './file-time.ts';
import type { Reply } from './reply.ts';
import { type Meaning, reasonOfCode, reasonOfColumns, suppressionReasonOf } from './suppression-columns.ts';
import { rowsOf, type SuppressionRow } from './suppression-rows.ts';

const COLUMNS = ['email', 'reason', 'note', 'expiresAt', 'createdAt'] as const;

/** Wrong lines that are told of; more are only counted. */
const MAX_ERRORS = 1_000;
const MAX_NOTE_LENGTH = 1_000;
/** Lines read before others get the loop. */
const LINES_A_TURN = 500;

export interface SuppressionFile {
  readonly entries: readonly Suppression[];
  /** Lines that are wrong. */
  readonly refused: number;
  readonly errors: readonly FieldError[];
  /** Columns that mean nothing to a suppression list. */
  readonly ignoredColumns: readonly string[];
}

export interface ReadOptions {
  readonly now: number;
  /** All lines must be right. */
  readonly strict: boolean;
  /** Of lines that say none. */
  readonly reason?: SuppressionReason | undefined;
}

/** The entries of a file. Throws `invalid_request` where it cannot be read; with `strict`, where any line is wrong. */
export async function readSuppressionFile(text: string, options: ReadOptions): Promise<SuppressionFile> {
  const entries: Suppression[] = [];
  const errors: FieldError[] = [];
  const ignored = new Set<string>();
  let lines = 0;
  let refused = 0;
  for (const row of rowsOf(text)) {
    const entry = readEntry(row, options);
    if ('email' in entry) entries.push(entry);
    else if (++refused <= MAX_ERRORS) errors.push(entry);
    if (lines === 0)
      for (const { column, meaning } of row.cells) if (column !== '' && meaning === undefined) ignored.add(column);
    if (++lines % LINES_A_TURN === 0) await turn();
  }
  if (text.trim() === '')
    throw invalid([{ path: '', message: 'The file is empty; its first line must name the columns' }]);
  if (options.strict && errors.length > 0) throw invalid(errors);
  return { entries, refused, errors, ignoredColumns: [...ignored] };
}

/** What a row says, by the meaning of its columns. */
type Values = (meaning: Meaning) => readonly string[];

function readEntry({ where, cells, fault }: SuppressionRow, options: ReadOptions): Suppression | FieldError {
  const wrong = (message: string): FieldError => ({ path: where, message });
  if (fault !== undefined) return wrong(fault);
  const values: Values = (meaning) =>
    cells.flatMap((cell) => (cell.value !== '' && cell.meaning === meaning ? [cell.value] : []));

  const email = readEntryAddress(values('email')[0] ?? '');
  if (email === undefined) return wrong('email is neither an email address nor *@ and a domain');
  const reason = readReason(values, { columns: cells.map(({ column }) => column), reason: options.reason });
  if ('fault' in reason) return wrong(reason.fault);
  const note = readNote(cells, reason.said);
  if (note.length > MAX_NOTE_LENGTH) return wrong(`note is longer than ${MAX_NOTE_LENGTH} characters`);
  const [expires] = values('expiresAt');
  const expiresAt = expires === undefined ? undefined : fileTime(expires);
  if (expires !== undefined && expiresAt === undefined) return wrong('expiresAt is neither a date nor a time');
  if (expiresAt !== undefined && expiresAt <= options.now) return wrong(`expiresAt ${EXPIRED}`);
  const [created] = values('createdAt');
  const createdAt = created === undefined ? options.now : fileTime(created);
  if (createdAt === undefined) return wrong('createdAt is neither a date nor a time');
  return {
    email,
    reason: reason.reason,
    ...(note !== '' && { note }),
    ...(expiresAt !== undefined && { expiresAt }),
    createdAt: Math.min(createdAt, options.now),
  };
}

type FoundReason = { readonly reason: SuppressionReason; readonly said: string } | { readonly fault: string };

/** The reason that a row names, or that the server's words in it or the columns of the file amount to. */
function readReason(
  values: Values,
  file: { columns: readonly string[]; reason: SuppressionReason | undefined },
): FoundReason {
  const reasons = values('reason');
  const codes = [...values('status'), ...reasons];
  const named = reasons.map(suppressionReasonOf).find((found) => found !== undefined);
  const said = reasons.filter((text) => suppressionReasonOf(text) === undefined).join('; ');
  const found =
    named ?? codes.map((text) => reasonOfCode(text) ?? suppressionReasonOf(text)).find((one) => one !== undefined);
  if (found === 'passing') return { fault: 'tells of a failure that passes, which suppresses nobody' };
  if (found !== undefined) {
    // Postmark: the recipient did it by a link.
    const isByRecipient = found === 'manual' && values('origin').some((origin) => origin.toLowerCase() === 'recipient');
    return { reason: isByRecipient ? 'unsubscribe' : found, said };
  }
  const [unknown] = codes;
  const ofFile = file.reason ?? reasonOfColumns(file.columns);
  if (unknown === undefined) return { reason: ofFile ?? 'manual', said };
  // Words of a server stand where other files name a reason.
  if (ofFile !== undefined && codes.every((text) => text.includes(' '))) return { reason: ofFile, said };
  return { fault: `reason "${unknown.slice(0, 60)}" is not one of ${suppressionReasons.join(', ')}` };
}

/** Our own is told when it is too long; what other services say is cut. */
function readNote(cells: SuppressionRow['cells'], said: string): string {
  const notes = cells.filter(({ meaning, value }) => value !== '' && meaning === 'note');
  const own = notes.find(({ column }) => column.toLowerCase() === 'note');
  if (own !== undefined) return own.value;
  return [...notes.map(({ value }) => value), ...(said === '' ? [] : [said])]
    .join('; ')
    .slice(0, MAX_NOTE_LENGTH)
    .toWellFormed();
}

/** The whole list, as the import takes it. */
export function exportCsv(readPage: CsvFile<Suppression>['readPage']): Reply {
  return csvFile({ filename: 'suppressions.csv', columns: COLUMNS, readPage, fields });
}

function fields({ email, reason, note, expiresAt, createdAt }: Suppression): readonly string[] {
  return [
    showEntryAddress(email),
    reason,
    note ?? '',
    expiresAt === undefined ? '' : rfc3339(expiresAt),
    rfc3339(createdAt),
  ];
}
