/** Which passwords a person may have: at least twelve characters, and none that others try first. */

import { invalid } from '../core/invalid.ts';
import { commonPasswords, commonWords } from './common-passwords.ts';

export const MIN_PASSWORD_LENGTH = 12;
/** Characters; more would only make the hash take longer. */
export const MAX_PASSWORD_LENGTH = 256;
/** With fewer different characters it is a pattern. */
const MIN_DIFFERENT = 5;

/** As it is hashed and compared: one spelling of each character, however a keyboard makes it (RFC 8265 §4.2). */
export function sameSpelling(password: string): string {
  return password.normalize('NFC');
}

/** Refuses with `invalid_request`. */
export function requireGoodPassword(password: string, { email }: { readonly email: string }): void {
  const fault = faultOf(sameSpelling(password), email);
  if (fault !== undefined) throw invalid([{ path: 'password', message: fault }]);
}

function faultOf(password: string, email: string): string | undefined {
  const characters = [...password];
  if (characters.length < MIN_PASSWORD_LENGTH) return `must have at least ${MIN_PASSWORD_LENGTH} characters`;
  if (characters.length > MAX_PASSWORD_LENGTH) return `may have at most ${MAX_PASSWORD_LENGTH} characters`;
  const lower = password.toLowerCase();
  const isCommon = commonPasswords.has(lower) || commonWords.has(coreOf(lower));
  if (isCommon || isPattern(lower)) return 'is one that is tried first; take a few words that do not belong together';
  const [name = ''] = email.split('@');
  if (lower === email || coreOf(lower) === coreOf(name)) return 'must not be made of the e-mail address';
  return undefined;
}

/** Without the digits and signs at both ends. */
function coreOf(text: string): string {
  const isLetter = (at: number) => /\p{L}/u.test(text.charAt(at));
  let [from, to] = [0, text.length];
  while (from < to && !isLetter(from)) from += 1;
  while (to > from && !isLetter(to - 1)) to -= 1;
  return text.slice(from, to);
}

/** Few characters again and again, a shorter text again and again, or the keys in their order. */
function isPattern(text: string): boolean {
  if (new Set(text).size < MIN_DIFFERENT) return true;
  // What repeats lies within its own double, without the ends (as every rotation of a text does).
  if (`${text}${text}`.slice(1, -1).includes(text)) return true;
  return RUNS.some((run) => run.includes(text));
}

const FORWARD = ['0123456789', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm', '1234567890qwertyuiop'];
const RUNS = FORWARD.flatMap((run) => [run.repeat(3), [...run].reverse().join('').repeat(3)]);
