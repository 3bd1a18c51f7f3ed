import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { commandTable } from './command-table.ts';
import { commandName } from './globals.ts';
import { buildProgram, runCli } from './program.ts';
import { fakeShell } from './shell.testing.ts';

describe('the command line', () => {
  it.each(commandTable.map(({ name }) => name))('%s explains itself with an example', async (name) => {
    const shell = fakeShell();
    expect(await runCli([name, '--help'], shell)).toBe(0);
    const help = shell.out();
    const groups = ['tenant', 'key', 'domain', 'suppression', 'config', 'user'];
    expect(help).toContain(`iep ${name}`);
    if (!groups.includes(name) && name !== 'version') expect(help).toMatch(/Examples?:\n/);
  });

  it('lists every command', async () => {
    const shell = fakeShell();
    expect(await runCli(['--help'], shell)).toBe(0);
    for (const { name, summary } of commandTable) {
      expect(shell.out()).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
      expect(shell.out().replace(/\s+/g, ' ')).toContain(summary);
    }
  });

  it('repeats nothing to the terminal that it would obey', async () => {
    const shell = fakeShell({ terminal: true });
    expect(await runCli(['show', '\u001b[2J\u009b1m\u202e', '--no-such\u001b[2J'], shell)).toBe(64);
    expect(await runCli(['restore', '/nowhere\u001b[2J\u202e/x'], shell)).toBeGreaterThan(0);
    expect(shell.err()).toContain('nowhere');
    expect(shell.err()).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });

  it('says defaults as people write them', async () => {
    const shell = fakeShell();
    expect(await runCli(['key', 'rotate', '--help'], shell)).toBe(0);
    expect(shell.out()).toContain('(default: 24h)');
  });

  it('explains no command that does not exist', async () => {
    const shell = fakeShell();
    expect(await runCli(['help', 'xyz'], shell)).toBe(64);
    expect([shell.out(), shell.err()]).toEqual(['', expect.stringMatching(/^iep: unknown command 'xyz'\n/)]);
  });

  it('refuses every subcommand that does not exist, also of commands that do something without one', async () => {
    const program = await buildProgram(undefined, fakeShell(), { all: true });
    const paths = (command: Command, path: readonly string[]): readonly (readonly string[])[] =>
      command.commands.flatMap((child) => [
        ...(child.commands.length > 0 ? [[...path, child.name()]] : []),
        ...paths(child, [...path, child.name()]),
      ]);
    const groups = paths(program, []);
    expect(groups).toEqual(expect.arrayContaining([['queue'], ['dead'], ['key', 'master']]));
    for (const group of groups) {
      const shell = fakeShell();
      expect(await runCli([...group, 'qqqqqqqqqqqqqqqq', '--yes'], shell)).toBe(64);
      expect(shell.err()).toContain(`iep: unknown command 'qqqqqqqqqqqqqqqq'\n(There are: `);
      expect(shell.err()).toContain(`iep ${group.join(' ')} --help`);
    }
    const near = fakeShell();
    expect(await runCli(['queue', 'pasue'], near)).toBe(64);
    expect(near.err()).toBe("iep: unknown command 'pasue'\n(Did you mean pause?)\n  See `iep queue --help`.\n");
  });

  it('answers a wrong call with usage, the nearest word, and no stack', async () => {
    const unknown = fakeShell();
    expect(await runCli(['sned'], unknown)).toBe(64);
    expect(unknown.err()).toMatch(/^iep: unknown command 'sned'\n\(Did you mean send\?\)/);
    const topic = fakeShell();
    expect(await runCli(['help', 'sned'], topic)).toBe(64);
    expect(topic.err()).toMatch(/^iep: unknown command 'sned'\n\(Did you mean send\?\)/);
    const flag = fakeShell();
    expect(await runCli(['list', '--stats', 'failed'], flag)).toBe(64);
    expect(flag.err()).toMatch(/^iep: unknown option '--stats'/);
    expect(flag.err()).toContain('iep list --help');
    const below = fakeShell();
    expect(await runCli(['key', 'master', 'rotate', '--now'], below)).toBe(64);
    expect(below.err()).toContain('iep key master rotate --help');
    const nothing = fakeShell();
    expect(await runCli([], nothing)).toBe(64);
    expect(nothing.err()).toContain('Usage: iep');
  });

  it('reads option values before it touches any store', async () => {
    const shell = fakeShell({ input: 'x' });
    expect(await runCli(['send', 'a@example.com', '--at', 'teatime'], shell)).toBe(64);
    expect(shell.err()).toContain("'teatime' is invalid");
  });

  it('prints versions as text and as JSON', async () => {
    const text = fakeShell();
    expect(await runCli(['-V'], text)).toBe(0);
    expect(text.out()).toMatch(/^iep \d+\.\d+\.\d+ \(commit .+, Node .+, SQLite .+\)\n$/);
    const json = fakeShell();
    expect(await runCli(['version', '--json'], json)).toBe(0);
    expect(JSON.parse(json.out())).toMatchObject({ node: process.versions.node });
  });

  it('refuses to do local work on a daemon elsewhere', async () => {
    for (const args of [['backup', 'x.tar'], ['restore', 'x.tar'], ['migrate'], ['doctor'], ['init'], ['serve']]) {
      const shell = fakeShell({ env: { IEP_URL: 'http://127.0.0.1:1' } });
      expect(await runCli(args, shell)).toBe(64);
      expect(shell.err()).toContain('http://127.0.0.1:1 names a daemon');
    }
  });

  it('says 69 when the daemon cannot be reached', async () => {
    const shell = fakeShell({ env: { IEP_URL: 'http://127.0.0.1:1', IEP_API_KEY: 'iep_x' } });
    expect(await runCli(['list'], shell)).toBe(69);
    expect(shell.err()).toContain('The daemon cannot be reached: http://127.0.0.1:1');
    expect(shell.err()).not.toContain('    at ');
  });
});

describe('commandName', () => {
  it('is the first word that is neither an option nor the value of one', () => {
    expect(commandName(['--tenant', 'send', 'list', '--json'])).toBe('list');
    expect(commandName(['--config=x', 'send'])).toBe('send');
    expect(commandName(['help', 'tenant'])).toBe('tenant');
    expect(commandName(['--help'])).toBeUndefined();
  });
});
