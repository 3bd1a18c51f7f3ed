/** `iep template`: stored templates. A folder of files is their source of truth: `push` brings it here, `pull` writes one. */

import type { Command } from 'commander';
import type { DiffLine } from '../../core/line-diff.ts';
import { localTime } from '../../core/time-text.ts';
import { withClient } from '../client/client.ts';
import type {
  AcceptedJson,
  ListJson,
  TemplateDiffJson,
  TemplateJson,
  TemplatePreviewJson,
  TemplateVersionJson,
} from '../client/wire.ts';
import { confirmLoss } from '../confirm.ts';
import { Complaint, Exit } from '../failure.ts';
import type { Globals } from '../globals.ts';
import { type Cell, print, printJson, printTable, remark, visible } from '../output.ts';
import { readVariables } from '../send/send-content.ts';
import { paint, type Shell } from '../shell.ts';
import { assignment, wholeNumber } from '../values.ts';

const PATH = '/v1/templates';
/** There is something to do. */
const WOULD_CHANGE = 2;

interface Shared extends Globals {
  readonly shared?: true;
}

const SHARED = ['--shared', 'of the operator, for every tenant'] as const;

export function template(command: Command, shell: Shell): void {
  addList(command, shell);
  addShow(command, shell);
  addPush(command, shell);
  addPull(command, shell);
  addPreview(command, shell);
  addPublish(command, shell);
  addDiff(command, shell);
  addTest(command, shell);
  addRemove(command, shell);
  command.addHelpText(
    'after',
    `
Examples:
  $ iep template push templates/
  $ iep template preview welcome --var UserName=Jo --open
  $ iep template publish welcome 3
  $ iep send --to jo@example.com --template welcome --var UserName=Jo
`,
  );
}

function pathOf(name: string, rest = ''): string {
  return `${PATH}/${encodeURIComponent(name)}${rest}`;
}

function ofShared({ shared }: Shared): { readonly shared: string } {
  return { shared: shared === true ? 'true' : 'false' };
}

function addList(command: Command, shell: Shell): void {
  command
    .command('list')
    .description('list templates, and the shared ones that the tenant sees')
    .option(...SHARED)
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<Shared>();
      const { allTemplates } = await import('../template-push.ts');
      await withClient({ shell, globals: options }, async (client) => {
        const items = await allTemplates(client, options.shared === true);
        if (options.json === true) return printJson(shell, items);
        if (items.length === 0) return print(shell, 'There are no templates.');
        const rows = items.map((one): Cell[] => [
          ...[one.name, one.kind, one.published ?? 'none', one.latest, one.shared ? 'yes' : ''],
          ...[localTime(one.updatedAt), one.description],
        ]);
        printTable(shell, ['NAME', 'KIND', 'PUBLISHED', 'LATEST', 'SHARED', 'CHANGED', 'DESCRIPTION'], rows);
      });
    });
}

function addShow(command: Command, shell: Shell): void {
  command
    .command('show <name>')
    .description('show a template: its variables, sources and versions')
    .option('--template-version <n>', 'another version than the published one', wholeNumber)
    .option(...SHARED)
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Shared & { templateVersion?: number }>();
      const { templateVersion: number } = options;
      await withClient({ shell, globals: options }, async (client) => {
        const query = ofShared(options);
        const path = number === undefined ? pathOf(name) : pathOf(name, `/versions/${number}`);
        const found = await client.json<TemplateJson>('GET', path, { query });
        if (options.json === true) return printJson(shell, found);
        const versions = await client.json<ListJson<TemplateVersionJson>>('GET', pathOf(name, '/versions'), { query });
        show(shell, found, versions.items);
      });
    });
}

function show(shell: Shell, found: TemplateJson, versions: readonly TemplateVersionJson[]): void {
  const facts: readonly (readonly [label: string, value: string | null])[] = [
    ['template', found.name],
    ['kind', `${found.kind}, ${found.syntax}${found.mjml ? ', MJML' : ''}`],
    ['version', `${found.version} of ${found.latest}; published: ${found.published ?? 'none'}`],
    ['belongs to', found.shared ? 'the operator, for every tenant' : null],
    ['category', found.category],
    ['about', found.description],
    ['layout', found.layout],
    ['languages', Object.keys(found.locales).join(', ') || null],
    ['changed', localTime(found.updatedAt)],
  ];
  for (const [label, value] of facts) if (value !== null) print(shell, `${label.padEnd(11)} ${visible(value)}`);
  if (found.variables.length > 0) {
    print(shell, '');
    const rows = found.variables.map((one): Cell[] => [
      ...[one.name, one.type, one.required ? 'yes' : ''],
      one.example === null ? '' : typeof one.example === 'string' ? one.example : JSON.stringify(one.example),
      one.description,
    ]);
    printTable(shell, ['VARIABLE', 'TYPE', 'REQUIRED', 'EXAMPLE', 'DESCRIPTION'], rows);
  }
  print(shell, '');
  const rows = versions.map((one): Cell[] => [one.version, localTime(one.createdAt), one.published ? 'published' : '']);
  printTable(shell, ['VERSION', 'MADE', ''], rows);
  for (const field of ['subject', 'preheader', 'text', 'html'] as const) {
    const source = found[field];
    if (source === null) continue;
    print(shell, `\n${paint(shell, shell.stdout, { as: 'bold', text: field })}`);
    print(shell, source);
  }
}

function addPush(command: Command, shell: Shell): void {
  command
    .command('push [folder]')
    .description('store the templates of a folder; says first what changes')
    .option('--builtin', 'the templates that come with IEP')
    .option('--dry-run', 'only say what would change; exits with 2 where something would')
    .option('--prune', 'remove templates that the folder lacks')
    .option('--force', 'also where templates that are made with these could not be rendered any more')
    .option('--no-publish', 'make versions, and go on with those that are published')
    .option(...SHARED)
    .addHelpText(
      'after',
      `
A folder has for each template a folder of its name: template.yaml (kind, layout, variables, …), subject.hbs, html.hbs or
html.mjml, text.hbs, and the same in a folder for each language. With the ending .gotmpl they are in Go's syntax.

Examples:
  $ iep template push templates/ --dry-run
  $ iep template push templates/ --prune
  $ iep template push --builtin
`,
    )
    .action(async (folder: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<Shared & PushFlags>();
      const { readTemplateFiles } = await import('../template-folder.ts');
      const definitions = readTemplateFiles(await filesOf(folder, options));
      if (definitions.length === 0) {
        throw new Complaint(
          65,
          `${folder} holds no template`,
          'Each is a folder of its name with template.yaml or html.hbs in it.',
        );
      }
      const { planPush, checkPush, carryOut } = await import('../template-push.ts');
      const { dryRun = false, prune = false, force = false, publish, json = false } = options;
      const how = { shared: options.shared === true, publish, prune, force };
      await withClient({ shell, globals: options, purpose: dryRun ? 'read' : 'write' }, async (client) => {
        const planned = await planPush(client, definitions, how);
        const changes = planned.filter(({ change }) => change !== 'unchanged');
        if (!json) for (const { name, change } of planned) print(shell, `${change.padEnd(10)} ${name}`);
        await checkPush(client, changes, how);
        if (dryRun) {
          if (json)
            printJson(
              shell,
              planned.map(({ name, change }) => ({ name, change })),
            );
          if (changes.length > 0) throw new Exit(WOULD_CHANGE);
          return;
        }
        const pushed = [];
        for (const one of changes) {
          pushed.push(await carryOut(client, one, how));
          // Those that come with IEP were made for clients that show less.
          if (one.definition?.kind !== 'template' || options.builtin) continue;
          const query = { json: { shared: how.shared, version: pushed.at(-1)?.version } };
          const { warnings } = await client.json<TemplatePreviewJson>('POST', pathOf(one.name, '/preview'), query);
          for (const warning of warnings) remark(shell, `${one.name}: ${warningText(warning)}`);
        }
        if (json) printJson(shell, pushed);
        else remark(shell, changes.length === 0 ? 'Nothing changed.' : `${changes.length} changed.`);
      });
    });
}

interface PushFlags {
  readonly builtin?: true;
  readonly dryRun?: true;
  readonly prune?: true;
  readonly force?: true;
  readonly publish: boolean;
}

async function filesOf(folder: string | undefined, { builtin }: PushFlags) {
  const { builtinFiles, readFolder } = await import('../template-files.ts');
  if (builtin === true && folder === undefined) return builtinFiles();
  if (builtin === true || folder === undefined) {
    throw new Complaint(64, 'push takes a folder or --builtin', 'Name one of them: `iep template push templates/`.');
  }
  return readFolder(folder);
}

function warningText({ code, message, line }: TemplatePreviewJson['warnings'][number]): string {
  return visible(`${message}${line === undefined ? '' : `, line ${line} of the HTML`} (${code})`);
}

function addPull(command: Command, shell: Shell): void {
  command
    .command('pull <folder>')
    .description('write the templates of the tenant into a folder, as push reads it')
    .option(...SHARED)
    .action(async (folder: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Shared>();
      const shared = options.shared === true;
      const [{ ownTemplates, versionOf }, { templateFiles }, { writeFolder }] = await Promise.all([
        import('../template-push.ts'),
        import('../template-folder.ts'),
        import('../template-files.ts'),
      ]);
      await withClient({ shell, globals: options }, async (client) => {
        const pulled = [];
        for (const { name, published, latest } of await ownTemplates(client, shared)) {
          const version = published ?? latest;
          await writeFolder(folder, name, templateFiles(await versionOf(client, { name, version, shared })));
          pulled.push({ name, version });
        }
        if (options.json === true) printJson(shell, pulled);
        else for (const { name, version } of pulled) print(shell, `${name}, version ${version}`);
      });
    });
}

interface VariableFlags {
  readonly var?: Readonly<Record<string, string>>;
  readonly vars?: string;
  readonly locale?: string;
}

function addVariables(command: Command): Command {
  return command
    .option('--var <name=value>', 'value of a variable; may be repeated', assignment)
    .option('--vars <file>', 'values from a JSON file')
    .option('--locale <language>', 'its language, such as de or fr-CA');
}

function addPreview(command: Command, shell: Shell): void {
  const preview = command
    .command('preview <name>')
    .description('show a template as a message would look, with its examples where no variables are given')
    .option('--template-version <n>', 'another version than the published one', wholeNumber)
    .option('--html', 'print the HTML in place of the text')
    .option('--open', 'open the HTML in a browser')
    .option(...SHARED);
  addVariables(preview).action(async (name: string, _options, self: Command) => {
    const options = self.optsWithGlobals<
      Shared & VariableFlags & { templateVersion?: number; html?: true; open?: true }
    >();
    const { templateVersion: version, locale } = options;
    const variables = await readVariables(shell, options);
    await withClient({ shell, globals: options }, async (client) => {
      const shown = await client.json<TemplatePreviewJson>('POST', pathOf(name, '/preview'), {
        json: {
          shared: options.shared === true,
          ...(variables && { variables }),
          ...(locale !== undefined && { locale }),
          ...(version !== undefined && { version }),
        },
      });
      if (options.json === true) printJson(shell, shown);
      else if (options.html === true) print(shell, shown.html);
      else print(shell, `Subject: ${visible(shown.subject)}\n\n${shown.text}`);
      for (const warning of shown.warnings) remark(shell, warningText(warning));
      if (options.open !== true) return;
      const { openPage } = await import('../open-page.ts');
      remark(shell, await openPage(`${name}.html`, shown.html));
    });
  });
}

function addPublish(command: Command, shell: Shell): void {
  command
    .command('publish')
    .description('make messages with this version from now on; an older one is the way back')
    .argument('<name>')
    .argument('<version>', 'its number', wholeNumber)
    .option('--force', 'also where templates that are made with it could not be rendered any more')
    .option(...SHARED)
    .action(async (name: string, version: number, _options, self: Command) => {
      const options = self.optsWithGlobals<Shared & { force?: true }>();
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const json = { version, shared: options.shared === true, force: options.force === true };
        const done = await client.json<TemplateJson>('POST', pathOf(name, '/publish'), { json });
        if (options.json === true) printJson(shell, done);
        else print(shell, `${done.name}: version ${done.version} is published`);
      });
    });
}

const MARKS: Readonly<Record<DiffLine['kind'], string>> = { same: ' ', out: '-', in: '+' };
const COLOURS = { same: undefined, out: 'red', in: 'green' } as const;
/** Lines around a change that are shown. */
const CONTEXT = 3;

function addDiff(command: Command, shell: Shell): void {
  command
    .command('diff')
    .description('what differs between two versions; the last two where none are named')
    .argument('<name>')
    .argument('[from]', 'number of a version', wholeNumber)
    .argument('[to]', 'number of another', wholeNumber)
    .option(...SHARED)
    .action(async (name: string, from: number | undefined, to: number | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<Shared>();
      const query = {
        ...ofShared(options),
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
      };
      await withClient({ shell, globals: options }, async (client) => {
        const found = await client.json<TemplateDiffJson>('GET', pathOf(name, '/diff'), { query });
        if (options.json === true) return printJson(shell, found);
        if (found.fields.length === 0) {
          const isOnly = from === undefined && found.from === found.to;
          const { name, from: before, to: after } = found;
          return print(shell, isOnly ? `${name} has one version.` : `Versions ${before} and ${after} are alike.`);
        }
        for (const { path, lines } of found.fields) {
          print(
            shell,
            paint(shell, shell.stdout, { as: 'bold', text: `${path}, versions ${found.from} and ${found.to}` }),
          );
          for (const text of withContext(lines)) print(shell, text(shell));
        }
      });
    });
}

function withContext(lines: TemplateDiffJson['fields'][number]['lines']): readonly ((shell: Shell) => string)[] {
  const near = new Set<number>();
  for (const [at, { kind }] of lines.entries()) {
    if (kind !== 'same') for (let by = -CONTEXT; by <= CONTEXT; by += 1) near.add(at + by);
  }
  return lines.flatMap(({ kind, text }, at) => {
    if (!near.has(at)) return near.has(at - 1) ? [() => '…'] : [];
    const line = `${MARKS[kind]}${visible(text)}`;
    const as = COLOURS[kind];
    return [(shell: Shell) => (as === undefined ? line : paint(shell, shell.stdout, { as, text: line }))];
  });
}

function addTest(command: Command, shell: Shell): void {
  const test = command
    .command('test <name>')
    .description('send a template to somebody now, marked as a test')
    .requiredOption('--to <address>', 'who gets it')
    .option('--template-version <n>', 'another version than the published one', wholeNumber);
  addVariables(test).action(async (name: string, _options, self: Command) => {
    const options = self.optsWithGlobals<Globals & VariableFlags & { to: string; templateVersion?: number }>();
    const { to, locale, templateVersion: version } = options;
    const variables = await readVariables(shell, options);
    await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
      const json = {
        to,
        ...(variables && { variables }),
        ...(locale !== undefined && { locale }),
        ...(version !== undefined && { version }),
      };
      const accepted = await client.json<AcceptedJson>('POST', pathOf(name, '/test'), { json });
      if (options.json === true) printJson(shell, accepted);
      else print(shell, accepted.messageId);
    });
  });
}

function addRemove(command: Command, shell: Shell): void {
  command
    .command('remove <name>')
    .description('remove a template with its versions')
    .option(
      '--force',
      'also while open messages use it, which are sent as they would have been, and where others break',
    )
    .option('--yes', 'do not ask')
    .option(...SHARED)
    .action(async (name: string, _options, self: Command) => {
      const options = self.optsWithGlobals<Shared & { force?: true; yes?: true }>();
      const question = `Remove the template ${name} with all its versions?`;
      if (!(await confirmLoss(shell, options, { command: 'template remove', question }))) return;
      await withClient({ shell, globals: options, purpose: 'write' }, async (client) => {
        const query = { ...ofShared(options), force: options.force === true ? 'true' : 'false' };
        await client.call('DELETE', pathOf(name), { query });
        if (options.json === true) printJson(shell, { name, removed: true });
        else print(shell, `${name} is removed`);
      });
    });
}
