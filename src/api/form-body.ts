/** The fields of a form that a page of ours or a mail client posts (RFC 8058 §3.1: as either of the two types). */

import type { BodySpec, RawBody } from './route.ts';

export const formBody: BodySpec<RawBody> = {
  type: '*/*',
  required: false,
  read: (input) => input as RawBody,
};

/** Its fields by name: one is found at the same cost however many there are. */
export interface Form {
  /** The first of that name. */
  get(name: string): string | undefined;
  getAll(name: string): readonly string[];
  has(name: string): boolean;
}

/** Nothing where it cannot be read. */
export async function readForm(body: RawBody, contentType: string | undefined): Promise<Form> {
  return formOf(await readFields(body, contentType));
}

export function formOf(fields: Iterable<readonly [string, string]>): Form {
  const all = Map.groupBy(fields, ([name]) => name);
  return {
    get: (name) => all.get(name)?.[0]?.[1],
    getAll: (name) => (all.get(name) ?? []).map(([, value]) => value),
    has: (name) => all.has(name),
  };
}

async function readFields({ bytes }: RawBody, contentType: string | undefined): Promise<URLSearchParams> {
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
