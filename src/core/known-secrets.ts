/** Secrets that are known word for word, in every spelling in which another side may say them back. */

import { isSecretName } from './secret-names.ts';

const CUT = '***';
/** What a text that was shortened ends with. */
const SHORTENED = '…';
/** So much of a secret's beginning, where a text was shortened in the middle of it, is still told from a word. */
const MIN_PART = 4;

/** The texts under the names of secrets, however deep. */
export function secretsIn(value: unknown): readonly string[] {
  return textsUnder(value, isSecretName);
}

/** The texts under names such as `username`: a login is said together with its password. */
export function userNamesIn(value: unknown): readonly string[] {
  return textsUnder(value, (name) => /^user(name)?$/i.test(name));
}

/**
 * Makes the function that cuts these out of a text: plain, in base64 and percent-encoded, also together with a user name,
 * as logins of SMTP (RFC 4616) and of HTTP (RFC 7617) carry them.
 */
export function createCut(known: {
  readonly secrets: readonly string[];
  readonly userNames?: readonly string[];
}): (text: string) => string {
  const { userNames = [] } = known;
  const secrets = known.secrets.filter((secret) => secret !== '');
  if (secrets.length === 0) return (text) => text;
  const logins = secrets.flatMap((secret) =>
    userNames.flatMap((user) => [`\0${user}\0${secret}`, `${user}\0${user}\0${secret}`, `${user}:${secret}`]),
  );
  // The longest first, so that nothing is left of it when a shorter one stands in it.
  const spellings = [...new Set([...secrets.flatMap(spellingsOf), ...logins.flatMap(base64Of)])].sort(
    (a, b) => b.length - a.length,
  );
  const anywhere = new RegExp(spellings.map((spelling) => RegExp.escape(spelling)).join('|'), 'g');
  return (text) => {
    const cut = text.replace(anywhere, CUT);
    return cut.includes(SHORTENED) ? withoutParts(cut, spellings) : cut;
  };
}

function spellingsOf(secret: string): readonly string[] {
  // Replies and log lines have their white space and control characters made into single spaces.
  const oneLine = secret.replace(/[\p{Cc}\s]+/gu, ' ');
  return [secret, oneLine, encodeURIComponent(secret.toWellFormed()), ...base64Of(secret)];
}

/** Without padding, which may or may not be there. */
function base64Of(text: string): readonly string[] {
  return [Buffer.from(text).toString('base64').replace(/=+$/, ''), Buffer.from(text).toString('base64url')];
}

function withoutParts(text: string, spellings: readonly string[]): string {
  const [first = '', ...rest] = text.split(SHORTENED).reverse();
  const cut = rest.map((piece) => {
    const part = Math.max(...spellings.map((spelling) => partAtEnd(piece, spelling)));
    return part === 0 ? piece : piece.slice(0, -part) + CUT;
  });
  return [first, ...cut].reverse().join(SHORTENED);
}

/** How much of the spelling's beginning the text ends with; 0 where it may be a word. */
function partAtEnd(text: string, spelling: string): number {
  for (let length = spelling.length - 1; length >= MIN_PART; length -= 1) {
    if (text.endsWith(spelling.slice(0, length))) return length;
  }
  return 0;
}

function textsUnder(value: unknown, isMeant: (name: string) => boolean): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' && isMeant(name) ? [inner] : textsUnder(inner, isMeant),
  );
}
