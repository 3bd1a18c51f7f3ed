/**
 * What must not stand in a log: secrets never, addresses only where the operator asked for them. Works on text, so that
 * an address inside a server's reply is covered as well as one in a field of its own.
 */

import { createCut } from '../../core/known-secrets.ts';
import { isSecretName, withoutSecrets } from '../../core/secret-names.ts';
import { MAX_NAME_LENGTH, shorten } from '../../core/shown.ts';

/** Fields that hold what a message says. */
const CONTENT_FIELDS: ReadonlySet<string> = new Set(['subject', 'html', 'text', 'htmlBody', 'textBody', 'content']);

/**
 * Enough of an address to find it in text: this is not validation, and a false match costs nothing. Looked for where a word
 * begins and nowhere inside of it, so that each word is gone through once.
 */
const ADDRESS = /(?<![^\s<>"'(),;:@[\]])([^\s<>"'(),;:@[\]]+)@([^\s<>"'(),;:@]{1,255})/gu;

/** Values nested deeper than this are cut off: a log line is flat. */
const MAX_DEPTH = 5;
/** Items of a list, and fields of an object inside of a line: more are somebody's data. */
const MAX_ITEMS = 100;
/** Characters of a text; a stack takes the most. Cut before it is cleaned, so that no line costs more than this much does. */
const MAX_TEXT_LENGTH = 8 * 1024;

/** `a***@example.com`: the domain and the first character are enough to recognise an address one already knows. */
export function redactAddress(email: string): string {
  const at = email.lastIndexOf('@');
  if (at < 1) return '***';
  return `${firstCharacter(email)}***${email.slice(at)}`;
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x2a);
}

/** The names of fields are few and the same in every line; more than this many are somebody's data. */
const MAX_KNOWN_NAMES = 1_000;

function createIsHidden(): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const hidden = isSecretName(name) || CONTENT_FIELDS.has(name);
    if (known.size < MAX_KNOWN_NAMES) known.set(name, hidden);
    return hidden;
  };
}

export type Redact = (value: unknown) => unknown;

/** Makes the function that every field and message of the log passes. */
export function createRedact(options: { showAddresses: boolean; hide?: readonly string[] }): Redact {
  const cut = createCut({ secrets: options.hide ?? [] });
  const isHidden = createIsHidden();
  const text = (value: string): string => {
    const safe = withoutSecrets(cut(shorten(value, MAX_TEXT_LENGTH)));
    return options.showAddresses || !safe.includes('@') ? safe : safe.replace(ADDRESS, (found) => redactAddress(found));
  };
  const walk = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'function') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '…';
    if (value instanceof Error) return describeError(value, (inner) => walk(inner, depth + 1));
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => walk(item, depth + 1));
    const clean: Record<string, unknown> = {};
    let left = MAX_ITEMS;
    for (const [name, item] of Object.entries(value)) {
      if (left === 0) break;
      left -= 1;
      clean[shorten(name, MAX_NAME_LENGTH)] = isHidden(name) ? '***' : walk(item, depth + 1);
    }
    return clean;
  };
  return (value) => walk(value, 0);
}

/** The stack says where, the cause says why; both are kept. */
function describeError(error: Error, clean: Redact): Record<string, unknown> {
  return {
    type: error.name,
    message: clean(error.message),
    stack: clean(error.stack ?? ''),
    ...('code' in error && { code: clean(error.code) }),
    ...(error.cause !== undefined && { cause: clean(error.cause) }),
  };
}
