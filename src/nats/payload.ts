/** The body of a request as the service that this door stands in for reads it: an object whose known fields are texts; others are ignored. */

import { isRecord } from '../core/is-record.ts';

export const INVALID_PAYLOAD = 'invalid request payload';

/** What comes back for a request: an error by its text, or what was asked for. */
export type NatsAnswer = { readonly error: string } | object;

/** The fields by name; one that is absent or null is empty. Undefined: it is not JSON, or a field is no text. */
export function readPayload<Name extends string>(
  data: Uint8Array,
  names: readonly Name[],
): Readonly<Record<Name, string>> | undefined {
  const value = parsed(data);
  // A lone null says nothing, and is no error.
  const given = value === null ? {} : value;
  if (!isRecord(given)) return undefined;
  const fields = names.map((name) => [name, Object.hasOwn(given, name) ? (given[name] ?? '') : ''] as const);
  if (fields.some(([, text]) => typeof text !== 'string')) return undefined;
  return Object.fromEntries(fields) as Record<Name, string>;
}

/** Undefined where it is not JSON: a byte order mark is no part of any. */
function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(data));
  } catch {
    return undefined;
  }
}
