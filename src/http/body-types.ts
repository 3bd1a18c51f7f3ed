/** What bodies may be, and what a call gets of one: of the type that the call says, or bytes of any type. */

import type { BodyType, RawBody, Route } from '../api/route.ts';
import { IepError } from '../core/errors.ts';
import type { BodyReader, ReadBody } from './body.ts';
import type { Context } from './context.ts';
import type { ReadJson } from './large-json.ts';

type BodyNeed = NonNullable<Route['body']>;

export interface BodyForm {
  /** Undefined: the call has none and needs none. Refuses with `unsupported_media_type`, and as the reader does. */
  read(c: Context, need: BodyNeed, from: BodySource): Promise<ReadBody | undefined>;
  /** What the call gets of it. */
  value(bytes: Uint8Array, need: BodyNeed): unknown;
}

interface BodySource {
  readonly reader: BodyReader;
  readonly owner: string;
  /** Bytes. Absent: the limit of all calls. */
  readonly maxBytes: number | undefined;
}

/** Of the type that the call takes, not compressed, in UTF-8. */
export function typedBodies(readJson: ReadJson): BodyForm {
  return {
    async read(c, need, { reader, owner, maxBytes }) {
      const { type: wanted, required } = need;
      const given = c.req.header('content-type');
      if (given !== undefined || required) {
        checkEncoding(c, wanted);
        checkType(need, given);
      }
      const read = await reader.read(c, owner, maxBytes);
      if (given !== undefined && (read.bytes.length > 0 || required)) return read;
      read.held.giveBack();
      if (read.bytes.length === 0 && !required) return undefined;
      throw unsupported(wanted, 'The body has no content-type');
    },
    value: (bytes, { type }) =>
      type === 'application/json' || (type === 'application/yaml' && looksLikeJson(bytes))
        ? readJson(bytes)
        : ownBuffer(bytes),
  };
}

/** Of any type, and of none: its bytes as they came are what is signed. */
export function rawBodies(readJson: ReadJson): BodyForm {
  async function json(bytes: Uint8Array): Promise<unknown> {
    try {
      // Vendors have ids that are numbers of 64 bits.
      return await readJson(bytes, { keepsDigits: true });
    } catch (error) {
      if (error instanceof IepError && error.code === 'invalid_request') return undefined;
      throw error;
    }
  }
  return {
    async read(c, { type }, { reader, owner, maxBytes }) {
      checkEncoding(c, type);
      return reader.read(c, owner, maxBytes);
    },
    value: (bytes): RawBody => ({ bytes: ownBuffer(bytes), json: () => json(bytes) }),
  };
}

/** After blanks, it begins as an object or a list does. */
function looksLikeJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20);
  return first === 0x7b || first === 0x5b;
}

function ownBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const FILE_TYPES =
  /^(?:text\/(?:csv|plain|tab-separated-values)|application\/(?:json|x-ndjson|octet-stream))\s*(?:;|$)/i;

function checkEncoding(c: Context, wanted: BodyType): void {
  const encoding = c.req.header('content-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw unsupported(wanted, `The body has the content-encoding ${encoding}`);
  }
}

function checkType({ type: wanted, takes }: BodyNeed, given: string | undefined): void {
  // A file may be of several types: what it holds is looked at.
  if (given === wanted || (wanted === 'text/csv' && FILE_TYPES.test(given ?? ''))) return;
  const [type = '', ...parameters] = (given ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (takes?.test(type.trim())) return;
  const isUtf8 = charset === undefined || /^charset=(["']?)utf-?8\1$/.test(charset);
  if (type.trim() !== wanted || !isUtf8) {
    throw unsupported(wanted, given === undefined ? 'The body has no content-type' : `The body is ${given}`);
  }
}

function unsupported(wanted: BodyType, detail: string): IepError {
  return new IepError('unsupported_media_type', `${detail}; this call takes ${wanted}`, {
    extra: { hint: `Send \`content-type: ${wanted}\`, not compressed; text is UTF-8.` },
  });
}
