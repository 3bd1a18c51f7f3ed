import { describe, expect, it } from 'vitest';
import { createTranscript } from './transcript.ts';

const login = { user: 'iep', pass: 'hunter2' };
const base64 = (text: string) => Buffer.from(text).toString('base64');
const setUp = () => createTranscript({ now: () => 1_800_000_000_000, login });

describe('a transcript', () => {
  it('shows the opening with the first message, and later ones alone', () => {
    const transcript = setUp();
    transcript.note('S', '220 mx.example.com ESMTP');
    transcript.begin();
    transcript.note('C', 'MAIL FROM:<a@example.com>');
    transcript.note('S', '250-one\r\n250 two');
    expect(transcript.text().split('\n')).toEqual([
      '08:00:00.000 S: 220 mx.example.com ESMTP',
      '08:00:00.000 C: MAIL FROM:<a@example.com>',
      '08:00:00.000 S: 250-one',
      '08:00:00.000 S: 250 two',
    ]);
    transcript.begin();
    transcript.note('C', 'MAIL FROM:<b@example.com>');
    expect(transcript.text()).toBe(
      '(a kept connection; this was its message 2)\n08:00:00.000 C: MAIL FROM:<b@example.com>',
    );
  });

  it.each([
    [
      'PLAIN',
      [
        ['C', `AUTH PLAIN ${base64('\0iep\0hunter2')}`],
        ['S', '235 ok'],
      ],
    ],
    [
      'LOGIN',
      [
        ['C', 'AUTH LOGIN'],
        ['S', '334 VXNlcm5hbWU6'],
        ['C', base64('iep')],
        ['S', '334 UGFzc3dvcmQ6'],
        ['C', base64('hunter2')],
      ],
    ],
    ['an echo', [['S', `535 5.7.8 authentication failed: ${base64('hunter2')} hunter2 ${base64('\0iep\0hunter2')}`]]],
  ] as const)('holds no credential: %s', (_, lines) => {
    const transcript = setUp();
    for (const [side, text] of lines) transcript.note(side, text);
    const text = transcript.text();
    expect(text).toContain('***');
    for (const secret of ['hunter2', base64('hunter2'), base64('\0iep\0hunter2'), base64('iep')]) {
      expect(text).not.toContain(secret);
    }
  });

  it('shows commands again after the login', () => {
    const transcript = setUp();
    transcript.note('C', 'AUTH PLAIN x');
    transcript.note('S', '235 ok');
    transcript.note('C', 'MAIL FROM:<a@example.com>');
    expect(transcript.text()).toContain('C: MAIL FROM:<a@example.com>');
  });

  it('is bounded, whatever is said, and keeps beginning and end', () => {
    const transcript = setUp();
    transcript.note('S', '220 the beginning');
    for (let n = 0; n < 5_000; n += 1) transcript.note('S', `250 ${'x'.repeat(500)}`);
    transcript.note('S', '451 the end');
    const text = transcript.text();
    expect(text.length).toBeLessThanOrEqual(4_096);
    expect(text).toContain('220 the beginning');
    expect(text.endsWith('451 the end')).toBe(true);
  });

  it('brings no control character to a terminal', () => {
    const transcript = setUp();
    transcript.note('S', '250 \u001b[31mred\u0007');
    expect(transcript.text()).toBe('08:00:00.000 S: 250  [31mred ');
  });
});
