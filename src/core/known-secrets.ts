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
  return textsUnder(value, (name) => /^user(name)?$/i.test(name));
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
  const anywhere = new RegExp(spellings.map((spelling) => RegExp.escape(spelling)).join('|'), 'g');
  const beginnings = beginningsOf(spellings);
  return (text) => {
    const cut = text.replace(anywhere, CUT);
    return cut.includes(SHORTENED) ? withoutParts(cut, beginnings) : cut;
  };
}

/** What AUTH XOAUTH2 says, before base64 (developers.google.com/workspace/gmail/imap/xoauth2-protocol). */
export function xoauth2Login(user: string, token: string): string {
  return `user=${user}\x01auth=Bearer ${token}\x01\x01`;
}

function spellingsOf(secret: string): readonly string[] {
  // Replies and log lines have their white space and control characters made into single spaces.
  const oneLine = secret.replace(/[\p{Cc}\s]+/gu, ' ');
  return [secret, oneLine, encodeURIComponent(secret.toWellFormed()), ...base64Of(secret)];
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

/** Beginnings by their last character, the longest first: only those with that of a text need a look. */
type Beginnings = ReadonlyMap<string, readonly string[]>;

function beginningsOf(spellings: readonly string[]): Beginnings {
  const all = spellings.flatMap((spelling) =>
    Array.from({ length: Math.max(0, spelling.length - MIN_PART) }, (_, at) => spelling.slice(0, at + MIN_PART)),
  );
  return Map.groupBy(
    all.toSorted((a, b) => b.length - a.length),
    (beginning) => beginning.slice(-1),
  );
}

function withoutParts(text: string, beginnings: Beginnings): string {
  const pieces = text.split(SHORTENED);
  return pieces.map((piece, at) => (at < pieces.length - 1 ? withoutEnd(piece, beginnings) : piece)).join(SHORTENED);
}

/** The text without the beginning of a secret that it ends with; one that is shorter may be a word. */
function withoutEnd(piece: string, beginnings: Beginnings): string {
  const part = beginnings.get(piece.slice(-1))?.find((beginning) => piece.endsWith(beginning));
  return part === undefined ? piece : piece.slice(0, -part.length) + CUT;
}

function textsUnder(value: unknown, isMeant: (name: string) => boolean): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === 'string' && isMeant(name) ? [inner] : textsUnder(inner, isMeant),
  );
}
