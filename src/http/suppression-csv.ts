/** Suppression lists as files. What is exported can be imported; the lines that are wrong are told, one by one. */

import { setImmediate as turn } from 'node:timers/promises';
import type { FieldError } from '../core/errors.ts';
import { IepError } from '../core/errors.ts';
import type { Page } from '../db/store.ts';
import { type Suppression, type SuppressionReason, suppressionReasons } from '../db/suppression-store.ts';
import { invalid } from '../intake/parse-body.ts';
import { type CsvRecord, formatCsvRecord, parseCsv } from './csv.ts';
import { EXPIRED, readEntryAddress, showEntryAddress } from './suppression-entry.ts';
import { parseTime, rfc3339 } from './time.ts';

const COLUMNS = ['email', 'reason', 'note', 'expiresAt', 'createdAt'] as const;
type Column = (typeof COLUMNS)[number];

/** Wrong lines that are told of; more are only counted. */
const MAX_ERRORS = 1_000;
const MAX_NOTE_LENGTH = 1_000;
/** Lines read before others get the loop. */
const LINES_A_TURN = 500;

export interface CsvImport {
  readonly entries: readonly Suppression[];
  /** Lines that are wrong. */
  readonly refused: number;
  readonly errors: readonly FieldError[];
}

/**
 * The entries of a file whose first line names the columns. Throws `invalid_request` where that line is wrong, or the text
 * is no CSV; with `strict`, where any line is.
 */
export async function readCsv(text: string, { now, strict }: { now: number; strict: boolean }): Promise<CsvImport> {
  const entries: Suppression[] = [];
  const errors: FieldError[] = [];
  let columns: readonly Column[] | undefined;
  let lines = 0;
  let refused = 0;
  for (const record of records(text)) {
    if (columns === undefined) {
      columns = readColumns(record);
      continue;
    }
    const entry = readEntry({ record, columns, now });
    if ('email' in entry) entries.push(entry);
    else if (++refused <= MAX_ERRORS) errors.push(entry);
    if (++lines % LINES_A_TURN === 0) await turn();
  }
  if (columns === undefined) throw invalid([{ path: '', message: 'is empty; its first line names the columns' }]);
  if (strict && errors.length > 0) throw invalid(errors);
  return { entries, refused, errors };
}

function* records(text: string): Generator<CsvRecord> {
  try {
    yield* parseCsv(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new IepError('invalid_request', `The body is not CSV: ${error.message}`, {
      errors: [{ path: '', message: `is not CSV: ${error.message}` }],
    });
  }
}

function readColumns({ fields }: CsvRecord): readonly Column[] {
  const names = fields.map((field) => field.trim());
  const wrong = names.find((name) => !COLUMNS.some((column) => column === name));
  if (wrong !== undefined || !names.includes('email') || new Set(names).size < names.length) {
    throw invalid([
      { path: 'line 1', message: `must name the columns: email, and any of ${COLUMNS.slice(1).join(', ')}` },
    ]);
  }
  return names as Column[];
}

function readEntry(input: { record: CsvRecord; columns: readonly Column[]; now: number }): Suppression | FieldError {
  const { record, columns, now } = input;
  const wrong = (message: string): FieldError => ({ path: `line ${record.line}`, message });
  if (record.fields.length > columns.length) return wrong(`has more than ${columns.length} fields`);
  const field = (column: Column) => record.fields[columns.indexOf(column)]?.trim() ?? '';

  const email = readEntryAddress(field('email'));
  if (email === undefined) return wrong('email is neither an email address nor *@ and a domain');
  const reason = field('reason') || 'manual';
  if (!isReason(reason)) return wrong(`reason must be one of ${suppressionReasons.join(', ')}`);
  const note = field('note');
  if (note.length > MAX_NOTE_LENGTH) return wrong(`note is longer than ${MAX_NOTE_LENGTH} characters`);
  const expiresAt = parseTime(field('expiresAt'));
  if (expiresAt === undefined && field('expiresAt') !== '') return wrong('expiresAt is neither a date nor a time');
  if (expiresAt !== undefined && expiresAt.startsAt <= now) return wrong(`expiresAt ${EXPIRED}`);
  const createdAt = parseTime(field('createdAt'));
  if (createdAt === undefined && field('createdAt') !== '') return wrong('createdAt is neither a date nor a time');
  return {
    email,
    reason,
    ...(note === '' ? {} : { note }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.startsAt }),
    createdAt: createdAt?.startsAt ?? now,
  };
}

function isReason(text: string): text is SuppressionReason {
  return suppressionReasons.some((reason) => reason === text);
}

/** The whole list, read a page at a time as the reader takes it. */
export function exportCsv(
  readPage: (cursor: string | undefined) => Promise<Page<Suppression>>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let cursor: string | undefined;
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode(formatCsvRecord(COLUMNS)));
    },
    async pull(controller) {
      const page = await readPage(cursor);
      if (page.items.length > 0) controller.enqueue(encoder.encode(page.items.map(line).join('')));
      cursor = page.cursor;
      if (cursor === undefined) controller.close();
    },
  });
}

function line({ email, reason, note, expiresAt, createdAt }: Suppression): string {
  return formatCsvRecord([
    showEntryAddress(email),
    reason,
    note ?? '',
    expiresAt === undefined ? '' : rfc3339(expiresAt),
    rfc3339(createdAt),
  ]);
}
