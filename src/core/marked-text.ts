/**
 * Text in which the values of a template are told from what its author wrote: each stands between two marks, so that
 * the code that puts it somewhere can write the values for that place. Marks are noncharacters of Unicode, which no value may hold.
 */

const START = '\ufdd0';
const END = '\ufdd1';
const MARKS = /[\ufdd0\ufdd1]/g;
const VALUE = /\ufdd0([^\ufdd0\ufdd1]*)\ufdd1/g;

/** A value between its marks. */
export function marked(value: string): string {
  return START + unmarked(value) + END;
}

/** The same text without marks. */
export function unmarked(text: string): string {
  return text.replace(MARKS, '');
}

/** The text with each value written by `write`. */
export function writeMarked(text: string, write: (value: string) => string): string {
  return unmarked(text.replace(VALUE, (_all, value: string) => write(value)));
}

export function beginsWithValue(text: string): boolean {
  return text.startsWith(START);
}
