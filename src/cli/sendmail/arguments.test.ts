import { describe, expect, it } from 'vitest';
import { parseSendmailArguments } from './arguments.ts';

describe('the arguments of sendmail', () => {
  it.each([
    ['PHP', ['-t', '-i'], { fromHeader: true, dotsAreContent: true }],
    ['PHP with a sender', ['-t', '-i', '-fwww@example.com'], { fromHeader: true, sender: 'www@example.com' }],
    ['mailx', ['-i', '-oem', '--', 'root'], { dotsAreContent: true, recipients: ['root'] }],
    ['cron', ['-FCronDaemon', '-i', '-B8BITMIME', '-oem', 'root'], { fullName: 'CronDaemon', recipients: ['root'] }],
    ['logwatch', ['-t'], { fromHeader: true, dotsAreContent: false }],
    [
      'mutt',
      ['-oem', '-oi', '-f', 'a@b.example', '--', 'c@d.example'],
      { dotsAreContent: true, sender: 'a@b.example' },
    ],
    ['letters together', ['-tiv'], { fromHeader: true, dotsAreContent: true, verbose: true }],
    ['the null sender', ['-f', '<>', 'a@b.example'], { sender: '' }],
    ['a sender in angle brackets', ['-f', '<jo@b.example>', 'a@b.example'], { sender: 'jo@b.example' }],
    ['a sender with a name', ['-fJo <jo@b.example>', 'a@b.example'], { sender: 'jo@b.example' }],
    ['an empty sender', ['-f', '', 'a@b.example'], { sender: '' }],
    ['-e with its value apart', ['-e', 'm', 'a@b.example'], { recipients: ['a@b.example'] }],
    ['-o with its value apart', ['-o', 'i', 'a@b.example'], { dotsAreContent: true, recipients: ['a@b.example'] }],
    ['delivery notification', ['-N', 'never', '-R', 'hdrs', '-V', 'x', 'a@b.example'], { recipients: ['a@b.example'] }],
    ['values that look like flags', ['-F', '-t', 'a@b.example'], { fullName: '-t', fromHeader: false }],
    ['mailq', ['-bp'], { mode: 'queue' }],
    ['SMTP', ['-bs'], { mode: 'smtp' }],
    ['flush', ['-q'], { mode: 'flush' }],
    ['flush with an interval', ['-q30m'], { mode: 'flush' }],
    ['newaliases', ['-bi'], { mode: 'aliases' }],
  ])('%s', (_who, argv, expected) => {
    expect(parseSendmailArguments(argv)).toMatchObject(expected);
  });

  it('refuses what it does not know, and modes it cannot do', () => {
    for (const argv of [['-bd'], ['-bv', 'x'], ['-f'], ['-Z']]) {
      expect(() => parseSendmailArguments(argv)).toThrow(expect.objectContaining({ exit: 64 }));
    }
  });
});
