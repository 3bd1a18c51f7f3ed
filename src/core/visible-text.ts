/**
 * Text that strangers wrote, made harmless for where people read it: a terminal, an error, a table. Control characters (ESC
 * and C1 among them) would command a terminal, and what turns the direction of text makes it read as something else.
 */

const UNSEEN = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;
const LAYOUT = /^[\n\t]$/;

/** On one line. */
export function visible(text: string): string {
  return text.replace(UNSEEN, ' ');
}

/** Over several lines, with tabs. */
export function visibleLines(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(UNSEEN, (c) => (LAYOUT.test(c) ? c : '\u{fffd}'));
}

/** A JSON text that says the same, and shows what a string of it holds as an escape. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, (c) => (LAYOUT.test(c) ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`));
}
