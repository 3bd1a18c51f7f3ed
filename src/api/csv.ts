/**
 * CSV as RFC 4180 has it: fields in quotes may hold separators, quotes and line ends. The separator may be another than the
 * comma. What is wrong with a record is told next to it, and the records after it are read all the same.
 */

import { invalid } from '../core/invalid.ts';

/** No list of any service has as many columns; a record of a million fields would stop everybody. */
const MAX_FIELDS = 500;
/** Of the first line, to see which separator it has. */
const GUESSED_LENGTH = 64 * 1024;

export interface CsvRecord {
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
  readonly fault?: string;
}

/** Separators, each with what ends a field next to it. */
const FIELD_ENDS: Readonly<Record<string, RegExp>> = {
  ',': /[,\r\n]/g,
  ';': /[;\r\n]/g,
  '\t': /[\t\r\n]/g,
  '|': /[|\r\n]/g,
};
const SEPARATORS = Object.keys(FIELD_ENDS);

/** `sep=;`, by which a spreadsheet is told the separator. */
const SEPARATOR_LINE = /^"?sep=([,;\t|])"?\r?\n?/i;

/** Yields the records; empty lines are none. Throws `invalid_request` at a record of too many fields. */
export function* parseCsv(text: string): Generator<CsvRecord> {
  const told = SEPARATOR_LINE.exec(text);
  const separator = told?.[1] ?? guessSeparator(text);
  const fieldEnd = FIELD_ENDS[separator] ?? /[,\r\n]/g;
  let at = told?.[0].length ?? 0;
  let line = told === null ? 1 : 2;
  while (at < text.length) {
    const startsOn = line;
    const fields: string[] = [];
    let fault: string | undefined;
    let ended = false;
    while (!ended) {
      if (fields.length === MAX_FIELDS) {
        throw invalid([{ path: `line ${startsOn}`, message: `must have at most ${MAX_FIELDS} columns` }]);
      }
      const field = readField(text, at, fieldEnd);
      fields.push(field.value);
      fault ??= field.fault;
      line += field.lines;
      const next = text[field.end];
      ended = next !== separator;
      at = field.end + (next === '\r' && text[field.end + 1] === '\n' ? 2 : 1);
    }
    line += 1;
    const record = { line: startsOn, fields, ...(fault !== undefined && { fault }) };
    if (fields.length > 1 || fields[0] !== '') yield record;
  }
}

/** The one that stands most often in the first line, outside quotes. */
function guessSeparator(text: string): string {
  const [first = ''] = /^[\r\n]*[^\r\n]*/.exec(text) ?? [];
  const bare = first.slice(0, GUESSED_LENGTH).replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => bare.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ',';
}

interface Field {
  readonly value: string;
  /** Where the separator, the line end or the end of the text is. */
  readonly end: number;
  /** Line ends inside. */
  readonly lines: number;
  readonly fault?: string;
}

function readField(text: string, start: number, fieldEnd: RegExp): Field {
  if (text[start] !== '"') {
    const end = endOfPlain(text, start, fieldEnd);
    return { value: text.slice(start, end), end, lines: 0 };
  }
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  if (quote === -1) {
    // No quote follows this one, so this happens once in a text, and the rest of the text is read.
    const end = endOfPlain(text, start, fieldEnd);
    return { value: text.slice(start, end), end, lines: 0, fault: 'has a quote that is not closed' };
  }
  const value = text.slice(start + 1, quote).replaceAll('""', '"');
  const lines = value.split('\n').length - 1;
  const end = endOfPlain(text, quote + 1, fieldEnd);
  return { value, end, lines, ...(end !== quote + 1 && { fault: 'has text after a closing quote' }) };
}

function endOfPlain(text: string, start: number, fieldEnd: RegExp): number {
  fieldEnd.lastIndex = start;
  return fieldEnd.exec(text)?.index ?? text.length;
}

export function formatCsvRecord(fields: readonly string[]): string {
  return `${fields.map(formatField).join(',')}\r\n`;
}

/** What a spreadsheet takes for a formula; with apostrophes before it, it is text. */
const FORMULA = /^'*[=+\-@\t\r]/;
/** Control characters and turns of direction, which a terminal or a reader would fall for. Line ends and tabs are kept. */
const UNSEEN = /[^\P{Cc}\t\r\n]|[\u202a-\u202e\u2066-\u2069]/gu;

function formatField(field: string): string {
  const text = field.replace(UNSEEN, '\ufffd');
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",;\t|\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The text of a field as it was before `formatCsvRecord` made it harmless. */
export function plainField(field: string): string {
  return FORMULA.test(field) && field.startsWith("'") ? field.slice(1) : field;
}
