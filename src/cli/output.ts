/** Printing: one JSON document, or an aligned table for people. */

import { paint, type Shell } from './shell.ts';

export function print(shell: Shell, text: string): void {
  shell.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** A remark for the person at the terminal that must not disturb what is printed. */
export function remark(shell: Shell, text: string): void {
  shell.stderr.write(`${text}\n`);
}

export function printJson(shell: Shell, value: unknown): void {
  print(shell, JSON.stringify(value, null, 2));
}

export type Cell = string | number | boolean | null | undefined;

/** Columns as wide as their widest cell; the last is not padded. Numbers stand at the right. */
export function printTable(shell: Shell, head: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const text = rows.map((row) => head.map((_, column) => oneLine(row[column])));
  const widths = head.map((title, column) => Math.max(title.length, ...text.map((row) => row[column]?.length ?? 0)));
  const numeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number' || row[column] === undefined),
  );
  const layOut = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (numeric[column]) return cell.padStart(width);
        return column === cells.length - 1 ? cell : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  print(shell, paint(shell, shell.stdout, { as: 'bold', text: layOut(head) }));
  for (const row of text) print(shell, layOut(row));
}

/** Cells hold what strangers wrote: control characters must not reach the terminal. */
function oneLine(cell: Cell): string {
  return cell === null || cell === undefined ? '' : visible(String(cell));
}

export function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}

/** Like `visible`, but keeps line feeds and tabs: for bodies shown to people. */
export function visibleLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(/\p{Cc}/gu, (c) => (c === '\n' || c === '\t' ? c : '\u{fffd}'));
}

/** Local time without fractions, for people; JSON keeps RFC 3339. */
export function localTime(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const at = new Date(value);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `95 s`, `12 min`, `3 h`, `4 d`: an age at a glance. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
