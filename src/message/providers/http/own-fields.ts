/**
 * Header fields by which a vendor is told what to do with a message: `X-SMTPAPI`, `X-PM-Message-Stream`. Who writes a message must
 * not speak to the vendor in the place of IEP.
 */

import type { Parcel } from '../provider.ts';

/** More than a header may have that was taken in. */
const MAX_HEADER_BYTES = 512 * 1024;
const END_OF_HEADER = '\r\n\r\n';

/** A sentence that names the first of the fields that a caller added to a message of parts; undefined where there is none. */
export function whyNotOwnFields(title: string, headers: Parcel['headers'], own: RegExp): string | undefined {
  const field = headers.find(([name]) => own.test(name));
  return field && `${title} acts on the header field ${field[0]} itself.`;
}

/** Those of one field in a message that came whole. `name`: in lower case. */
export async function valuesOf(parcel: Parcel, name: string): Promise<readonly string[]> {
  const { fieldValue, readHeader } = await import('../../rfc5322/header.ts');
  const text = await headerOf(parcel);
  return readHeader(text)
    .fields.filter((field) => field.name === name)
    .map((field) => fieldValue(text, field));
}

/** One byte a character. */
async function headerOf(parcel: Parcel): Promise<string> {
  const message = await parcel.mime();
  if (message instanceof Uint8Array) return Buffer.from(message.subarray(0, MAX_HEADER_BYTES)).toString('latin1');
  let text = '';
  for await (const chunk of message as AsyncIterable<Buffer>) {
    // The end may be divided among two.
    const from = Math.max(0, text.length - END_OF_HEADER.length);
    text += chunk.toString('latin1');
    // Leaving the loop closes the stream.
    if (text.indexOf(END_OF_HEADER, from) !== -1 || text.length > MAX_HEADER_BYTES) break;
  }
  return text;
}
