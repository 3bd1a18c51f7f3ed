/** Printing: one JSON document, or an aligned table for people. */

import { visible, visibleJson, visibleLines } from '../core/visible-text.ts';
import { paint, type Shell } from './shell.ts';

export { visible, visibleLines };

/** What `paint` puts around text. */
const COLOUR = new RegExp(`(${'\u001b'}\\[\\d{1,2}m)`);

/** The edge of the output: nothing but text and, on a terminal, its colours goes past it. */
export function print(shell: Shell, text: string): void {
  const pieces = shell.stdout.isTTY === true ? text.split(COLOUR) : [text];
  const shown = pieces.map((piece, at) => (at % 2 === 1 ? piece : visibleLines(piece))).join('');
  shell.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
}

/** The same for standard error. */
export function complain(shell: Shell, text: string): void {
  shell.stderr.write(visibleLines(text));
}

/** Resolves when all that was printed has been taken, to why it was not, such as `ENOSPC`. A reader that left is not a fault. */
export async function outputFault(shell: Shell): Promise<string | undefined> {
  const { stdout } = shell;
  // A pipe takes what is written later; a file has failed at once, and says so in the next turn.
  if (stdout.writableLength > 0) await new Promise((resolve) => stdout.write('', resolve));
  else await new Promise(setImmediate);
  return shell.output.fault();
}

/** A remark for the person at the terminal that must not disturb what is printed. */
export function remark(shell: Shell, text: string): void {
  complain(shell, `${text}\n`);
}

export function printJson(shell: Shell, value: unknown): void {
  print(shell, visibleJson(JSON.stringify(value, null, 2)));
}

/** One document on one line. */
export function printJsonLine(shell: Shell, value: unknown): void {
  print(shell, visibleJson(JSON.stringify(value)));
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
