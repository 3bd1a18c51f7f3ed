/** `iep get`, `iep describe` and `iep schema`: resources as manifests, and what may stand in one. */

import { type Command, Option } from 'commander';
import { yamlText } from '../../config/manifest-yaml.ts';
import { localTime } from '../../core/time-text.ts';
import { type Client, withClient } from '../client/client.ts';
import { allRows } from '../client/rows.ts';
import type { ResourceJson } from '../client/wire.ts';
import type { Globals } from '../globals.ts';
import { print, printJson, printTable, visible } from '../output.ts';
import type { Shell } from '../shell.ts';
import { wholeNumber } from '../values.ts';

const PAGE = 200;

interface GetOptions extends Globals {
  readonly output: 'table' | 'yaml' | 'json';
  readonly limit: number;
}

const pathOf = (kind: string, name?: string) =>
  `/v1/resources/${encodeURIComponent(kind)}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;

export function get(command: Command, shell: Shell): void {
  command
    .argument('<kind>', 'such as webhooks; `iep schema` names them all')
    .argument('[name]')
    .addOption(new Option('-o, --output <form>', 'how it is shown').choices(['table', 'yaml', 'json']).default('table'))
    .option('--limit <n>', 'at most so many', wholeNumber, PAGE)
    .addHelpText('after', '\nExamples:\n  $ iep get webhooks\n  $ iep get tenant acme -o yaml > acme.yaml\n')
    .action(async (kind: string, name: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<GetOptions>();
      await withClient({ shell, globals: options }, async (client) => {
        const isJson = options.json === true || options.output === 'json';
        if (name !== undefined) {
          const one = await client.json<ResourceJson>('GET', pathOf(kind, name));
          if (isJson) return printJson(shell, one);
          return options.output === 'yaml' ? print(shell, yamlText(one)) : printResources(shell, [one]);
        }
        const all = await listResources(client, kind, options.limit);
        if (isJson) return printJson(shell, all);
        if (options.output === 'yaml') return print(shell, all.map(yamlText).join('---\n'));
        if (all.length === 0) return print(shell, `There are no ${visible(kind)}.`);
        printResources(shell, all);
      });
    });
}

function listResources(client: Client, kind: string, limit: number): Promise<readonly ResourceJson[]> {
  return allRows(client, pathOf(kind), { limit });
}

function printResources(shell: Shell, all: readonly ResourceJson[]): void {
  const phases = all.some(({ status }) => status?.phase !== undefined);
  const rows = all.map(({ metadata, status }) => [
    metadata.namespace,
    metadata.name,
    ...(phases ? [String(status?.phase ?? '')] : []),
    metadata.source,
    localTime(metadata.creationTimestamp ?? null),
    Object.entries(metadata.labels)
      .map((pair) => pair.join('='))
      .join(','),
  ]);
  printTable(shell, ['NAMESPACE', 'NAME', ...(phases ? ['PHASE'] : []), 'SOURCE', 'SINCE', 'LABELS'], rows);
}

export function describeResource(command: Command, shell: Shell): void {
  command
    .argument('<kind>', 'such as webhook')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ iep describe tenant default\n')
    .action(async (kind: string, name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const one = await client.json<ResourceJson>('GET', pathOf(kind, name));
        if (options.json === true) return printJson(shell, one);
        const { metadata, apiVersion: _, kind: _kind, ...said } = one;
        print(shell, `${one.kind} ${visible(metadata.name)}`);
        const { namespace, labels, creationTimestamp, source, uid } = metadata;
        const facts = {
          ...(namespace !== undefined && { namespace }),
          uid,
          source,
          since: localTime(creationTimestamp ?? null),
          labels,
        };
        print(shell, yamlText({ ...facts, ...said }));
      });
    });
}

export function schema(command: Command, shell: Shell): void {
  command
    .argument('[kind]', 'such as webhook; without one the kinds are listed')
    .addHelpText('after', '\nExamples:\n  $ iep schema\n  $ iep schema webhook > webhook.schema.json\n')
    .action(async (kind: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<Globals>();
      await withClient({ shell, globals: options }, async (client) => {
        const path = kind === undefined ? '/schemas' : `/schemas/${encodeURIComponent(kind)}.json`;
        const found = await client.json<{
          items?: readonly { kind: string; apiVersion: string; description: string }[];
        }>('GET', path);
        if (options.json === true || found.items === undefined) return printJson(shell, found.items ?? found);
        printTable(
          shell,
          ['KIND', 'API VERSION', 'WHAT IT IS'],
          found.items.map((one) => [one.kind, one.apiVersion, one.description]),
        );
      });
    });
}
