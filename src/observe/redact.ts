/**
 * What must not stand in a log: secrets never, addresses only where the operator asked for them. Works on text, so that
 * an address inside a server's reply is covered as well as one in a field of its own.
 */

/** Fields whose value is a secret whatever it looks like; compared in lower case. */
const SECRET_FIELDS = new Set([
  'password',
  'pass',
  'secret',
  'apikey',
  'authorization',
  'cookie',
  'token',
  'credentials',
]);

/** The secret part of an API key; the prefix is what an operator needs to find it. */
const API_KEY = /\b(iep_[0-9A-Za-z]{8})_[0-9A-Za-z]+/g;

/** Enough of an address to find it in text: this is not validation, and a false match costs nothing. */
const ADDRESS = /([^\s<>"'(),;:@[\]]{1,64})@([^\s<>"'(),;:@]{1,255})/gu;

/** Values nested deeper than this are cut off: a log line is flat. */
const MAX_DEPTH = 5;

/** `a***@example.com`: the domain and the first character are enough to recognise an address one already knows. */
export function redactAddress(email: string): string {
  const at = email.lastIndexOf('@');
  if (at < 1) return '***';
  return `${firstCharacter(email)}***${email.slice(at)}`;
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0x2a);
}

export type Redact = (value: unknown) => unknown;

/** Makes the function that every field and message of the log passes. */
export function createRedact(options: { showAddresses: boolean }): Redact {
  const text = (value: string): string => {
    const safe = value.includes('iep_') ? value.replace(API_KEY, '$1_***') : value;
    return options.showAddresses || !safe.includes('@') ? safe : safe.replace(ADDRESS, (found) => redactAddress(found));
  };
  const walk = (value: unknown, depth: number): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return value.toString();
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '…';
    if (value instanceof Error) return describeError(value, (inner) => walk(inner, depth + 1));
    if (Array.isArray(value)) return value.map((item) => walk(item, depth + 1));
    const clean: Record<string, unknown> = {};
    for (const [name, item] of Object.entries(value)) {
      clean[name] = SECRET_FIELDS.has(name.toLowerCase()) ? '***' : walk(item, depth + 1);
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
    ...('code' in error ? { code: clean(error.code) } : {}),
    ...(error.cause === undefined ? {} : { cause: clean(error.cause) }),
  };
}
