import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { age } from '../core/time-text.ts';
import { complain, print, printJson, printJsonLine, printTable, remark, visibleLines } from './output.ts';
import { fakeShell } from './shell.testing.ts';

describe('printing', () => {
  it('aligns columns, numbers to the right', () => {
    const shell = fakeShell();
    printTable(
      shell,
      ['NAME', 'N', 'END'],
      [
        ['a', 5, 'x'],
        ['long', 1234, null],
      ],
    );
    expect(shell.out()).toBe('NAME     N  END\na        5  x\nlong  1234\n');
  });

  it('lets no control character through to the terminal', () => {
    const shell = fakeShell({ terminal: true, env: { NO_COLOR: '1' } });
    printTable(shell, ['SUBJECT'], [['\u001b]0;title\u0007\nnext\u009b31m']]);
    expect(shell.out()).not.toMatch(/[^\P{Cc}\n]/u);
    expect(visibleLines('a\r\nb\tc\u001b[1m')).toBe('a\nb\tc\ufffd[1m');
  });

  const hostile = 'a\u001b]0;t\u0007b\u009b31mc\u202ed\u2066e\u2028f\u001b[2Jg\u007f\rh';
  const HARMFUL = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069\u2028]/u;

  it.each([true, false])('has one edge, past which only text goes (terminal: %s)', (terminal) => {
    const shell = fakeShell({ terminal, env: { NO_COLOR: '1' } });
    print(shell, hostile);
    remark(shell, hostile);
    complain(shell, hostile);
    printJson(shell, { hostile });
    printJsonLine(shell, [hostile]);
    expect(shell.out() + shell.err()).not.toMatch(HARMFUL);
    expect(shell.err()).toContain('c\ufffdd');
    const [, document = '', line = ''] = /(\{[\s\S]*\})\n(\[.*\])\n$/.exec(shell.out()) ?? [];
    expect([JSON.parse(document), JSON.parse(line)]).toEqual([{ hostile }, [hostile]]);
  });

  it('is written to by nobody else, but for help, progress, SMTP and the bytes of a message', () => {
    const writers = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
      (file) =>
        !/\.(?:test|testing)\.ts$/.test(file) &&
        /\bstd(?:out|err)\.write\(/.test(readFileSync(join(import.meta.dirname, file), 'utf8')),
    );
    expect(writers.sort()).toEqual([
      'commands/show.ts',
      'examine.ts',
      'output.ts',
      'program.ts',
      'sendmail/session.ts',
    ]);
  });

  it('colours only a terminal that wants it', () => {
    const bold = (options: Parameters<typeof fakeShell>[0]) => {
      const shell = fakeShell(options);
      printTable(shell, ['A'], []);
      return shell.out();
    };
    expect(bold({ terminal: true })).toContain('\u001b[1m');
    expect(bold({ terminal: true, env: { NO_COLOR: '1' } })).toBe('A\n');
    expect(bold({ terminal: false })).toBe('A\n');
  });

  it('tells an age at a glance', () => {
    expect([90_000, 600_000, 7_200_000, 200_000_000].map(age)).toEqual(['90 s', '10 min', '2 h', '2 d']);
  });
});
