/** Manifests of files and folders, applied through the client. What is wrong is told by file and document. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listed, ManifestFault, parseManifests } from '../config/manifest-yaml.ts';
import { fieldErrorText, IepError } from '../core/errors.ts';
import type { Client } from './client/client.ts';
import type { AppliedJson } from './client/wire.ts';
import { Complaint } from './failure.ts';
import { fileFault, readNamedFile, utf8TextOf } from './files.ts';
import type { Shell } from './shell.ts';

/** A document, and where it stands for people: `site.yaml #2`. */
export interface FoundDocument {
  readonly value: unknown;
  readonly where: string;
}

const MANIFEST = /\.(?:ya?ml|json)$/i;

/** Of files, of the manifests in a folder, and of `-`. */
export async function readManifestFiles(shell: Shell, paths: readonly string[]): Promise<readonly FoundDocument[]> {
  const found: FoundDocument[] = [];
  for (const path of paths.flatMap(filesIn)) {
    const name = path === '-' ? 'standard input' : path;
    const documents = documentsOf(utf8TextOf(await readNamedFile(shell, path), name), name);
    found.push(
      ...documents.map((value, index) => ({ value, where: documents.length === 1 ? name : `${name} #${index + 1}` })),
    );
  }
  if (found.length > 0) return found;
  throw new Complaint(
    65,
    `no manifest is in ${paths.join(', ')}`,
    'Name a file, a folder with .yaml files, or - for standard input.',
  );
}

function documentsOf(text: string, name: string): readonly unknown[] {
  try {
    return parseManifests(text).flatMap(listed);
  } catch (error) {
    if (error instanceof ManifestFault)
      throw new Complaint(65, `${name} ${error.message}`, 'Correct it, and try again.');
    throw error;
  }
}

function filesIn(path: string): readonly string[] {
  if (path === '-') return [path];
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => MANIFEST.test(name));
    return names.toSorted().map((name) => join(path, name));
  } catch (error) {
    throw new Complaint(65, `cannot read ${path}: ${fileFault(error)}`, 'Check the path and its permissions.');
  }
}

export interface ApplyQuery {
  readonly dryRun?: boolean;
  readonly delete?: boolean;
  readonly prune?: string | undefined;
}

export async function applyManifests(
  client: Client,
  documents: readonly FoundDocument[],
  { dryRun = false, delete: remove = false, prune }: ApplyQuery,
): Promise<AppliedJson> {
  const query = { dryRun: String(dryRun), delete: String(remove), prune };
  try {
    return await client.json<AppliedJson>('POST', '/v1/apply', { query, json: documents.map(({ value }) => value) });
  } catch (error) {
    throw error instanceof IepError ? byFile(error, documents) : error;
  }
}

const DOCUMENT = /^documents\.(\d+)\.?/;

/** The refusal, with files in place of the numbers of documents. */
function byFile(error: IepError, documents: readonly FoundDocument[]): IepError {
  const errors = error.errors?.map((one) => {
    const [whole = '', number] = DOCUMENT.exec(one.path) ?? [];
    const where = number === undefined ? undefined : documents[Number(number)]?.where;
    return where === undefined
      ? one
      : { ...one, path: [where, one.path.slice(whole.length)].filter(Boolean).join(' ') };
  });
  const [first, second] = errors ?? [];
  const message = first !== undefined && second === undefined ? fieldErrorText(first) : error.message;
  return new IepError(error.code, message, { ...(errors && { errors }), ...(error.extra && { extra: error.extra }) });
}

/** `webhook acme/hook`. */
export function resourceName({
  kind,
  namespace,
  name,
}: {
  kind: string;
  namespace?: string | undefined;
  name: string;
}): string {
  return `${kind.toLowerCase()} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
