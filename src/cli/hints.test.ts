import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { buildProgram } from './program.ts';
import { fakeShell } from './shell.testing.ts';

const root = join(import.meta.dirname, '../..');
const program = await buildProgram(undefined, fakeShell(), { all: true });

/** `iep tenant set SLUG --active`, up to where the sentence around it goes on. */
const CALL = /(?<![\w./-])iep ((?:(?!\biep )[^`'"\n;:()|,…])+)/g;
/** Not a number that is counted down, nor a property of a style. */
const FLAG = /(?<!var\(|[\w-])--[a-z][a-z0-9-]+(?![a-z0-9-]| ===)/g;
/** Flags of other programs, which are told of too. */
const FOREIGN = [
  ...[
    '--crlf',
    '--expose-gc',
    '--heap-growing-percent',
    '--mail-from',
    '--mail-rcpt',
    '--max-optimized-bytecode-size',
    '--reference',
    '--use-system-ca',
  ],
];

const ownFlags = ({ options }: Command) => options.flatMap(({ long }) => long ?? []);

/** With those of the commands above, and of what the command does by default. */
function flagsOf(command: Command): readonly string[] {
  const above = command.parent ? flagsOf(command.parent) : ['--help'];
  const list = command.parent && command.commands.find((one) => one.name() === 'list');
  return [...above, ...ownFlags(command), ...(list ? ownFlags(list) : [])];
}

/** The command that the words call. */
function called(words: readonly string[]): Command {
  let command = program;
  for (const [at, word] of words.entries()) {
    if (word.startsWith('-') || words[at - 1] === '--config') continue;
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
  }
  return command;
}

const texts = globSync(['src/**/*.ts', 'docs/*.md', 'README.md', 'CHANGELOG.md', 'deploy/**/*.{yml,yaml,json}'], {
  cwd: root,
})
  .filter((file) => !/\.(?:test|testing|suite)\.ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8').replaceAll('\\`', '`') }));

it('names only options that the command has, wherever a command is told of', () => {
  let told = 0;
  const wrong = texts.flatMap(({ file, text }) =>
    [...text.matchAll(CALL)].flatMap(([call, rest = '']) => {
      const command = called(rest.split(/\s+/));
      if (command === program || command.name() === 'sendmail') return [];
      told += 1;
      const known = flagsOf(command);
      return [...rest.matchAll(FLAG)]
        .filter(([flag]) => !known.includes(flag))
        .map(([flag]) => `${file}: ${flag} of ${call}`);
    }),
  );
  expect(wrong).toEqual([]);
  expect(told).toBeGreaterThan(200);
});

it('names no option that no command has', () => {
  const everywhere = new Set(FOREIGN);
  const collect = (command: Command): void => {
    for (const flag of flagsOf(command)) everywhere.add(flag);
    for (const child of command.commands) collect(child);
  };
  collect(program);
  const said = texts
    .filter(({ file }) => file.startsWith('src/'))
    .flatMap(({ file, text }) => [...text.matchAll(FLAG)].map(([flag]) => ({ file, flag })));
  expect(said.filter(({ flag }) => !everywhere.has(flag))).toEqual([]);
});
