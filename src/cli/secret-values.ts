/** Values that a command line should not show: given by where they stand, as in the configuration. */

import { isSecretName } from '../core/secret-names.ts';
import { Complaint } from './failure.ts';
import { readNamedFile } from './files.ts';
import type { Shell } from './shell.ts';

/** The fields, those that `names` lists read where `env:NAME` or `file:PATH` says that they stand. */
export async function withSecretValues(
  shell: Shell,
  fields: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Promise<Readonly<Record<string, unknown>>> {
  const read = { ...fields };
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string') read[name] = await secretValueOf(shell, name, value);
  }
  return read;
}

async function secretValueOf(shell: Shell, name: string, text: string): Promise<string> {
  const [, source, where = ''] = /^(env|file):(.+)$/.exec(text) ?? [];
  if (source === 'file') return (await readNamedFile(shell, where)).toString('utf8').trim();
  if (source === 'env') {
    const value = shell.env[where];
    if (value !== undefined && value !== '') return value;
    throw new Complaint(64, `${name}: the environment has no variable ${where}`, `Set ${where}, or give file:PATH.`);
  }
  if (!isSecretName(name) || /^https?:\/\//i.test(text)) return text;
  // Other users of the machine see a command line, and the shell keeps it.
  throw new Complaint(
    64,
    `${name} would be shown to everybody who lists processes`,
    `Give it as env:NAME or file:PATH, or all fields by -f.`,
  );
}
