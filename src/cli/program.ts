/**
 * The command line: finds the command, loads its file, runs it, and answers with an exit code of sysexits(3).
 * Only the called command's code is loaded, because a script pays for every millisecond before its mail is on disk.
 */

import { Command, CommanderError } from 'commander';
import type { CommandEntry, Configure } from './command-entry.ts';
import { commandTable } from './command-table.ts';
import { Complaint, describeFailure, failureDocument } from './failure.ts';
import { addGlobals, commandName } from './globals.ts';
import { complain, outputFault, remark } from './output.ts';
import { processShell, type Shell } from './shell.ts';

const USAGE = 64;
const IO_ERROR = 74;

export async function runCli(argv: readonly string[], shell: Shell = processShell()): Promise<number> {
  const asSendmail = shell.startedAs === 'sendmail';
  const args = asSendmail ? ['sendmail', ...argv] : versionFlagAsCommand(argv);
  const asJson = !asSendmail && args.includes('--json');
  try {
    await refuseUnknownTopic(args);
    const program = await buildProgram(commandName(args), shell, { asJson });
    await program.parseAsync(args, { from: 'user' });
    return await afterPrinting(shell);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && !asJson) return USAGE;
    const failure = asJson
      ? failureDocument(asComplaint(error))
      : describeFailure(error, asSendmail ? 'sendmail' : 'iep');
    complain(shell, failure.text);
    return failure.exit;
  }
}

/** `help` of what does not exist: commander shows the help of everything, as if nothing had been wrong. */
async function refuseUnknownTopic(args: readonly string[]): Promise<void> {
  const name = args[0] === 'help' ? commandName(args) : undefined;
  const known = commandTable.map((entry) => entry.name);
  if (name === undefined || name === 'help' || known.includes(name)) return;
  const { unknownCommand } = await import('./unknown-command.ts');
  throw new Complaint(USAGE, unknownCommand(name, known), '`iep --help` lists the commands.');
}

/** commander has told a person already; a program hears it in the form of all other failures. */
function asComplaint(error: unknown): unknown {
  if (!(error instanceof CommanderError)) return error;
  const message = error.message
    .replace(/^error: /, '')
    .split('\n')
    .map((line) => line.trim())
    .join(' ');
  return new Complaint(USAGE, message, 'See `iep --help`, or `--help` of the command.');
}

/** A command that did its work and could not say so failed at that alone. Its code is none of those that ask to try again. */
async function afterPrinting(shell: Shell): Promise<number> {
  const fault = await outputFault(shell);
  if (fault === undefined) return 0;
  remark(shell, `iep: standard output cannot be written (${fault})`);
  remark(shell, '  The work itself is done: look before you run it again.');
  return IO_ERROR;
}

/** `iep --version` is `iep version`. */
function versionFlagAsCommand(argv: readonly string[]): string[] {
  const rest = argv.filter((argument) => argument !== '--version' && argument !== '-V');
  return rest.length < argv.length && commandName(argv) === undefined ? ['version', ...rest] : [...argv];
}

/**
 * The program with the command `name` ready to run, and all others by name and summary. `all` loads every one. `asJson`:
 * what is wrong with the arguments is left to the caller to tell.
 */
export async function buildProgram(
  name: string | undefined,
  shell: Shell,
  { all = false, asJson = false }: { readonly all?: boolean; readonly asJson?: boolean } = {},
): Promise<Command> {
  const program = new Command('iep')
    .description('IEP, an email platform in one file: takes mail in, keeps it through a crash, and delivers it.')
    .usage('<command> [options]')
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => asJson || complain(shell, text),
      outputError: (text, write) => write(text.replace(/^error: /, 'iep: ')),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      getOutHelpWidth: () => Math.min(shell.stdout.columns ?? 100, 120),
      getErrHelpWidth: () => Math.min(shell.stderr.columns ?? 100, 120),
    })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand('help [command]', 'explain a command')
    .exitOverride()
    .showHelpAfterError('  `iep --help` lists the commands.');
  addGlobals(program);
  program.option('-V, --version', 'print the versions of IEP, Node and SQLite');
  program.addHelpText('after', HELP_TAIL);
  for (const entry of commandTable) {
    addCommand(program, { entry, shell, configure: all || entry.name === name ? await entry.load() : undefined });
  }
  const called = program.commands.find((command) => command.name() === name);
  if (called === undefined || called.commands.length > 0) {
    (await import('./unknown-command.ts')).refuseUnknownSubcommands(program);
  }
  return program;
}

function addCommand(
  program: Command,
  { entry, shell, configure }: { entry: CommandEntry; shell: Shell; configure: Configure | undefined },
): void {
  const command = program.command(entry.name).helpGroup(`${entry.group}:`).description(entry.summary);
  configure?.(command, shell, () => buildProgram(undefined, shell, { all: true }));
  pointToHelp(command, entry.name);
}

/** What is wrong with a command's arguments is explained by its own help, not by that of the command above. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`  See \`iep ${path} --help\`.`);
  for (const child of command.commands) pointToHelp(child, `${path} ${child.name()}`);
}

const HELP_TAIL = `
Examples:
  $ echo "The build is green." | iep send --to dev@example.com --subject "Build 512"
  $ iep serve --dev
  $ iep tail --type failed,bounced
  $ iep <command> --help

Exit codes: 0 done, 64 usage, 65 bad data, 69 unavailable, 70 fault, 74 output lost, 75 try again, 77 no permission, 78 bad config.
`;
