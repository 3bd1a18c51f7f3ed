/** What a manifest says: its kind, its name, whose it is, and its fields. What is wrong is told for all documents at once. */

import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { listed, MAX_YAML_BYTES, ManifestFault, parseManifests } from '../../config/manifest-yaml.ts';
import type { FieldError } from '../../core/errors.ts';
import { invalid } from '../../core/invalid.ts';
import { schemaWords } from '../../core/schema-words.ts';

export interface Manifest {
  /** Where it stands among the documents: begins the path of each fault. */
  readonly at: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The whole document. */
  readonly document: Readonly<Record<string, unknown>>;
}

/** Documents of one run. */
export const MAX_MANIFESTS = 1_000;

const NAME = /^[A-Za-z0-9@*]([A-Za-z0-9._@+*=~-]{0,251}[A-Za-z0-9])?$/;
const name = z.string().regex(NAME, 'must be letters, digits, and . _ - @ + between them, at most 253');
const labels = z
  .record(z.string().min(1).max(253), z.string().max(253))
  .refine((all) => Object.keys(all).length <= 64, 'must have at most 64 items');
/** Besides these, what `get` gives is taken, and means nothing. */
const metadata = z.looseObject({
  name,
  namespace: z.string().min(1).max(63).optional(),
  labels: labels.nullish(),
});
const head = z.looseObject({ apiVersion: z.string().max(100), kind: z.string().max(100), metadata });

/** The documents of a text, which is JSON where it says so. Throws `invalid_request`. */
export function documentsIn(bytes: Uint8Array): readonly unknown[] {
  if (bytes.length > MAX_YAML_BYTES) {
    const message = `has more than ${MAX_YAML_BYTES / 1024} KiB of YAML; send it as JSON, which \`iep apply\` does`;
    throw invalid([{ path: '', message }]);
  }
  if (!isUtf8(bytes)) throw invalid([{ path: '', message: 'is not UTF-8' }]);
  try {
    return parseManifests(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (error) {
    if (error instanceof ManifestFault) throw invalid([{ path: '', message: error.message }]);
    throw error;
  }
}

/** Throws `invalid_request` with all that is wrong. */
export function readManifests(values: readonly unknown[]): readonly Manifest[] {
  const documents = values.flatMap(listed);
  if (documents.length === 0) throw invalid([{ path: '', message: 'has no document' }]);
  if (documents.length > MAX_MANIFESTS) {
    throw invalid([{ path: '', message: `must have at most ${MAX_MANIFESTS} documents` }]);
  }
  const faults: FieldError[] = [];
  const manifests = documents.flatMap((document, index): readonly Manifest[] => {
    const at = `documents.${index}`;
    const read = head.safeParse(document, { error: schemaWords });
    if (!read.success) {
      faults.push(...read.error.issues.map(({ path, message }) => ({ path: [at, ...path].join('.'), message })));
      return [];
    }
    const { apiVersion, kind, metadata } = read.data;
    const { name, namespace } = metadata;
    return [
      {
        ...{ at, apiVersion, kind, name, labels: metadata.labels ?? {}, document: read.data },
        ...(namespace !== undefined && { namespace }),
      },
    ];
  });
  if (faults.length > 0) throw invalid(faults);
  return manifests;
}
