/** The fields of a form that a page of ours or a mail client posts (RFC 8058 §3.1: as either of the two types). */

import type { BodySpec, RawBody } from './route.ts';

export const formBody: BodySpec<RawBody> = {
  type: '*/*',
  required: false,
  read: (input) => input as RawBody,
};

/** Nothing where it cannot be read. */
export async function readForm({ bytes }: RawBody, contentType: string | undefined): Promise<URLSearchParams> {
  if (!/^multipart\/form-data\s*;/i.test(contentType ?? '')) return new URLSearchParams(Buffer.from(bytes).toString());
  const fields = new URLSearchParams();
  try {
    const response = new Response(Uint8Array.from(bytes), { headers: { 'content-type': contentType ?? '' } });
    for (const [name, value] of await response.formData()) if (typeof value === 'string') fields.append(name, value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  return fields;
}
