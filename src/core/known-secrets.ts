/** Secrets that are known word for word, in every spelling in which another side may say them back. */

import { isSecretName } from './secret-names.ts';
import { SHORTENED } from './shown.ts';

const CUT = '***';
/** So much of a secret's beginning, where a text was shortened in the middle of it, is still told from a word. */
const MIN_PART = 4;

/** The texts under the names of secrets, however deep. */
export function secretsIn(value: unknown): readonly string[] {
  return textsUnder(value, isSecretName);
}

/** The texts under names such as `username`: a login is said together with its password. */
export function userNamesIn(value: unknown): readonly string[] {
  return textsUnder(value, (name) => /^(?:user(?:name)?|clientId)$/i.test(name));
}

/**
 * Makes the function that cuts these out of a text: plain, in base64 and percent-encoded, also together with a user name,
 * as logins of SMTP (RFC 4616, XOAUTH2) and of HTTP (RFC 7617) carry them.
 */
export function createCut(known: {
  readonly secrets: readonly string[];
  readonly userNames?: readonly string[];
}): (text: string) => string {
  const { userNames = [] } = known;
  const secrets = known.secrets.filter((secret) => secret !== '');
  if (secrets.length === 0) return (text) => text;
  const logins = secrets.flatMap((secret) =>
    userNames.flatMap((user) => [
      ...[`\0${user}\0${secret}`, `${user}\0${user}\0${secret}`, `${user}:${secret}`],
      xoauth2Login(user, secret),
    ]),
  );
  // The longest first, so that nothing is left of it when a shorter one stands in it.
  const spellings = [...new Set([...secrets.flatMap(spellingsOf), ...logins.flatMap(base64Of)])].sort(
    (a, b) => b.length - a.length,
  );
  return (text) => {
    // No expression is made of them: there is a length from which on none can be.
    const cut = spellings.reduce((rest, spelling) => rest.replaceAll(spelling, () => CUT), text);
    return cut.includes(SHORTENED) ? withoutParts(cut, spellings) : cut;
  };
}

/** What AUTH XOAUTH2 says, before base64 (developers.google.com/workspace/gmail/imap/xoauth2-protocol). */
export function xoauth2Login(user: string, token: string): string {
  return `user=${user}\x01auth=Bearer ${token}\x01\x01`;
}

function spellingsOf(secret: string): readonly string[] {
  // Replies and log lines have their white space and control characters made into single spaces.
  const oneLine = secret.replace(/[\p{Cc}\s]+/gu, ' ');
  const asField = new URLSearchParams({ '': secret }).toString().slice(1);
  return [secret, oneLine, encodeURIComponent(secret.toWellFormed()), asField, ...base64Of(secret)];
}

/** Without padding, which may or may not be there. */
function base64Of(text: string): readonly string[] {
  return [
    Buffer.from(text)
      .toString('base64')
      .replace(/={1,2}$/, ''),
    Buffer.from(text).toString('base64url'),
  ];
}

function withoutParts(text: string, spellings: readonly string[]): string {
  const pieces = text.split(SHORTENED);
  return pieces.map((piece, at) => (at < pieces.length - 1 ? withoutEnd(piece, spellings) : piece)).join(SHORTENED);
}

/** The text without the beginning of a secret that it ends with; one that is shorter may be a word. */
function withoutEnd(piece: string, spellings: readonly string[]): string {
  const longest = Math.max(...spellings.map((spelling) => lengthAtEnd(piece, spelling)));
  return longest === 0 ? piece : piece.slice(0, -longest) + CUT;
}

/** Characters of a secret's beginning that a text ends with. */
function lengthAtEnd(piece: string, spelling: string): number {
  const last = piece.slice(-1);
  for (let length = Math.min(spelling.length - 1, piece.length); length >= MIN_PART; length -= 1)
    if (spelling[length - 1] === last && piece.endsWith(spelling.slice(0, length))) return length;
  return 0;
}

function textsUnder(value: unknown, isMeant: (name: string) => boolean): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' && isMeant(name) ? [inner] : textsUnder(inner, isMeant),
  );
}
