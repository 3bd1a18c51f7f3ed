/** An event as a body says it: in IEP's own form, or as a CloudEvent 1.0, structured or with its attributes in headers. */

import * as z from 'zod';
import { isUnsafeText } from '../core/address.ts';
import { parseBody } from '../core/check-input.ts';
import { invalid } from '../core/invalid.ts';
import { isRecord } from '../core/is-record.ts';
import { isDeeperThan, MAX_JSON_DEPTH } from '../core/json-depth.ts';
import type { Json } from '../core/message.ts';
import { RFC_3339 } from '../core/time-field.ts';
import { readTime } from '../core/time-text.ts';
import type { IncomingEvent } from '../manage/triggers.ts';

const MAX_DATA = 256 * 1024;

const plain = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !isUnsafeText(text), 'must hold no control characters');
const text = plain(255);
const data = z
  .unknown()
  .refine(
    (value) => value === undefined || JSON.stringify(value).length <= MAX_DATA,
    'must be at most 256 KiB of JSON',
  );

export const eventBody = z.strictObject({
  type: text.describe('Such as `user.invited`'),
  id: text.optional().describe('The same again triggers nothing again; left out, one is given'),
  time: z
    .string()
    .max(64)
    .refine((at) => readTime(at) !== undefined, `must be ${RFC_3339}`)
    .optional()
    .describe('RFC 3339'),
  source: text.optional(),
  subject: text.optional(),
  data: data.optional(),
});

/** Other attributes are extensions, which nothing here needs. */
const cloudEvent = z.looseObject({
  ...eventBody.shape,
  specversion: z.string(),
  id: text,
  source: plain(2_048),
  datacontenttype: z.string().optional(),
  data_base64: z.string().optional(),
});

/** Throws `invalid_request`. */
export function readEvent(input: unknown): IncomingEvent {
  if (!isRecord(input) || !('specversion' in input)) return known(parseBody(eventBody, input));
  const event = parseBody(cloudEvent, input);
  if (!event.specversion.startsWith('1.')) {
    throw invalid([{ path: 'specversion', message: 'must be 1.0' }]);
  }
  const { source: idsOf } = event;
  return { ...known({ ...event, data: dataOf(event) }), idsOf };
}

/** CloudEvents JSON format §3.1.1: data may be text in base64. */
function dataOf({
  data,
  data_base64: encoded,
  datacontenttype: type = 'application/json',
}: z.output<typeof cloudEvent>) {
  if (encoded === undefined) return data;
  const refuse = (message: string) => invalid([{ path: 'data_base64', message }]);
  if (data !== undefined) throw refuse('does not go with data');
  if (!/^[^;]*[/+]json\s*(?:;|$)/i.test(type)) throw refuse('must hold JSON, as datacontenttype says');
  if (encoded.length > MAX_DATA) throw refuse('must be at most 256 KiB');
  let read: unknown;
  try {
    const bytes = Uint8Array.fromBase64(encoded, { lastChunkHandling: 'strict' });
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('is not JSON in base64');
  }
  if (isDeeperThan(read, MAX_JSON_DEPTH)) throw refuse(`nests deeper than ${MAX_JSON_DEPTH} levels`);
  return read;
}

function known({ type, id, time, source, subject, data }: z.output<typeof eventBody>): IncomingEvent {
  return { type, id, time, source, subject, data: data as Json | undefined };
}

const attributes = ['specversion', 'type', 'id', 'time', 'source', 'subject'] as const;

/** The CloudEvent whose attributes are in headers, and whose data is the body; undefined where they are not. */
export function binaryEvent(header: (name: string) => string | undefined, body: unknown): unknown {
  if (header('ce-specversion') === undefined) return undefined;
  const named = attributes.flatMap((name) => {
    const value = header(`ce-${name}`);
    return value === undefined ? [] : [[name, decoded(name, value)] as const];
  });
  return { ...Object.fromEntries(named), ...(body !== undefined && { data: body }) };
}

/** CloudEvents HTTP binding §3.1.3.2: what is not printable ASCII is percent-encoded. */
function decoded(name: string, value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw invalid([{ path: `ce-${name}`, message: 'is not percent-encoded UTF-8' }]);
  }
}
