/** `iep apply`, `iep diff` and `iep delete`: manifests become what they declare, or would, or are taken away. */

import type { Command } from 'commander';
import { isRecord } from '../../core/is-record.ts';
import { type Client, withClient } from '../client/client.ts';
import type { AppliedJson } from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { Complaint, Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { type ApplyQuery, applyManifests, type FoundDocument, readManifestFiles, resourceName } from '../manifests.ts';
import { print, printJson, visible } from '../output.ts';
import type { Shell } from '../shell.ts';

/** What would change, for scripts. */
const WOULD_CHANGE = 2;

interface ApplyOptions extends Globals {
  readonly filename: readonly string[];
  readonly dryRun?: true;
  readonly prune?: true;
  readonly selector?: string;
}

const collect = (path: string, paths: readonly string[] = []) => [...paths, path];

export function apply(command: Command, shell: Shell): void {
  command
    .requiredOption(
      '-f, --filename <path>',
      'a file, a folder with .yaml and .json files, or - for standard input',
      collect,
    )
    .option('--dry-run', 'only tell what would change; the exit code is 2 where something would')
    .option('--prune', 'also take away what was applied with the label of -l and is in none of the manifests')
    .option('-l, --selector <key=value>', 'the label of --prune')
    .addHelpText(
      'after',
      `
All of it is done, or nothing: one fault, and everything stays as it was. \`iep schema\` names the kinds.

Examples:
  $ iep apply -f platform.yaml --dry-run
  $ iep apply -f manifests/ --prune -l team=billing
`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<ApplyOptions>();
      const { prune, selector } = options;
      if ((prune === true) !== (selector !== undefined)) {
        throw new Complaint(64, '--prune and -l belong together', 'Say which label: --prune -l KEY=VALUE.');
      }
      const documents = await readManifestFiles(shell, options.filename);
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const query = { prune: selector };
        if (options.dryRun === true) return tryOut(shell, { client, options, documents, query });
        const applied = await applyManifests(client, documents, query);
        if (options.json === true) return printJson(shell, applied);
        printDone(shell, applied);
      });
    });
}

async function tryOut(
  shell: Shell,
  one: { client: Client; options: Globals; documents: readonly FoundDocument[]; query: ApplyQuery },
): Promise<void> {
  const plan = await applyManifests(one.client, one.documents, { ...one.query, dryRun: true });
  if (one.options.json === true) printJson(shell, plan);
  else printPlan(shell, plan);
  if (plan.items.some(({ action }) => action !== 'unchanged')) throw new Exit(WOULD_CHANGE);
}

const words = {
  create: ['would be created', 'created'],
  update: ['would be changed', 'changed'],
  unchanged: ['unchanged', 'unchanged'],
  prune: ['would be taken away', 'taken away'],
  delete: ['would be taken away', 'taken away'],
} as const;

function printPlan(shell: Shell, { items }: AppliedJson): void {
  for (const item of items) {
    print(shell, `${visible(resourceName(item))} ${words[item.action][0]}`);
    if (item.action === 'update') for (const change of item.changes) print(shell, `  ${changeText(change)}`);
  }
}

function printDone(shell: Shell, { items }: AppliedJson, unchanged: string = words.unchanged[1]): void {
  for (const item of items) {
    const done = item.action === 'unchanged' ? unchanged : words[item.action][1];
    print(shell, `${visible(resourceName(item))} ${done}`);
    for (const [name, value] of Object.entries(item.secret ?? {})) print(shell, `  ${name}, shown this once: ${value}`);
    if (item.messageId !== undefined) print(shell, `  message ${item.messageId}`);
  }
}

function changeText({ path, before, after }: AppliedJson['items'][number]['changes'][number]): string {
  const text = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
  return `${path}: ${text(before)} → ${text(after)}`;
}

export function diff(command: Command, shell: Shell): void {
  command
    .requiredOption(
      '-f, --filename <path>',
      'a file, a folder with .yaml and .json files, or - for standard input',
      collect,
    )
    .addHelpText('after', '\nThe exit code is 2 where something differs.\n\nExample:\n  $ iep diff -f platform.yaml\n')
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<ApplyOptions>();
      const documents = await readManifestFiles(shell, options.filename);
      await withClient({ shell, globals: options }, (client) =>
        tryOut(shell, { client, options, documents, query: {} }),
      );
    });
}

function declaresTenant({ value }: FoundDocument): boolean {
  return isRecord(value) && value.kind === 'Tenant';
}

export function deleteResource(command: Command, shell: Shell): void {
  command
    .argument('[kind]', 'such as webhook')
    .argument('[name]')
    .option('-f, --filename <path>', 'what these manifests declare: a file, a folder, or -', collect)
    .option('--yes', 'a tenant too, without asking')
    .addHelpText('after', '\nExamples:\n  $ iep delete webhook hook\n  $ iep delete -f platform.yaml\n')
    .action(async (kind: string | undefined, name: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals & { filename?: readonly string[]; yes?: true }>();
      const { filename } = options;
      if ((filename === undefined) === (name === undefined)) {
        throw new Complaint(64, 'what to take away is said by KIND NAME or by -f', 'See `iep delete --help`.');
      }
      const documents = filename && (await readManifestFiles(shell, filename));
      const question = 'Take away a tenant, with its messages, keys and lists?';
      const isTenants = documents?.some(declaresTenant) ?? /^tenants?$/i.test(kind ?? '');
      if (isTenants && !(await confirmLoss(shell, options, { command: 'delete', question }))) return;
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        if (documents !== undefined) {
          const gone = await applyManifests(client, documents, { delete: true });
          return options.json === true ? printJson(shell, gone) : printDone(shell, gone, 'is not there');
        }
        await client.call(
          'DELETE',
          `/v1/resources/${encodeURIComponent(kind ?? '')}/${encodeURIComponent(name ?? '')}`,
        );
        if (options.json === true) printJson(shell, { kind, name, removed: true });
        else print(shell, `${visible(`${kind} ${name}`)} taken away`);
      });
    });
}
