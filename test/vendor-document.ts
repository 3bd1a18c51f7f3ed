/**
 * The OpenAPI documents that vendors publish, to hold requests to. They do not belong to the project: they lie beside it, in
 * `../shared/vendors`, or where IEP_VENDOR_DOCUMENTS says; where one is not there, what needs it is skipped.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

const FOLDER = process.env.IEP_VENDOR_DOCUMENTS ?? join(import.meta.dirname, '../../shared/vendors');

export function hasVendorDocument(file: string): boolean {
  return existsSync(join(FOLDER, file));
}

/** The document, of JSON or YAML. */
export function vendorDocument(file: string): object {
  return parse(readFileSync(join(FOLDER, file), 'utf8')) as object;
}

/** The schema at a pointer of the document, such as `components/schemas/Email`. */
export function vendorSchema(file: string, pointer: string): z.ZodType {
  const document: unknown = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
  const at = (path: string) => path.split('/').reduce((found, key) => asRecord(found)[unescaped(key)], document);
  const whole = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(whole);
    if (typeof value !== 'object' || value === null) return value;
    const { $ref } = asRecord(value);
    if (typeof $ref === 'string') return whole(at($ref.replace('#/', '')));
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, whole(one)]));
  };
  return z.fromJSONSchema(whole(at(pointer)) as Parameters<typeof z.fromJSONSchema>[0]);
}

/** `application~1json` is a slash in a key (RFC 6901). */
function unescaped(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>;
}
