/** CSV as RFC 4180 has it: fields in quotes may hold commas, quotes and line ends. */

export interface CsvRecord {
  /** Line of the file on which the record begins, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Yields the records; empty lines are none. Throws a SyntaxError for a quote that is never closed. */
export function* parseCsv(text: string): Generator<CsvRecord> {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const startsOn = line;
    const fields: string[] = [];
    let ended = false;
    while (!ended) {
      const field = readField(text, at, startsOn);
      fields.push(field.value);
      line += field.lines;
      const next = text[field.end];
      ended = next !== ',';
      at = field.end + (next === '\r' && text[field.end + 1] === '\n' ? 2 : 1);
    }
    line += 1;
    if (fields.length > 1 || fields[0] !== '') yield { line: startsOn, fields };
  }
}

interface Field {
  readonly value: string;
  /** Where the comma, the line end or the end of the text is. */
  readonly end: number;
  /** Line ends inside. */
  readonly lines: number;
}

const FIELD_END = /[,\r\n]/g;

function readField(text: string, start: number, line: number): Field {
  if (text[start] !== '"') {
    const end = endOfPlain(text, start);
    return { value: text.slice(start, end), end, lines: 0 };
  }
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  if (quote === -1) throw new SyntaxError(`line ${line}: a quote is not closed`);
  const value = text.slice(start + 1, quote).replaceAll('""', '"');
  const end = endOfPlain(text, quote + 1);
  if (end !== quote + 1) throw new SyntaxError(`line ${line}: there is text after a closing quote`);
  return { value, end, lines: value.split('\n').length - 1 };
}

function endOfPlain(text: string, start: number): number {
  FIELD_END.lastIndex = start;
  return FIELD_END.exec(text)?.index ?? text.length;
}

export function formatCsvRecord(fields: readonly string[]): string {
  return `${fields.map(formatField).join(',')}\r\n`;
}

function formatField(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
