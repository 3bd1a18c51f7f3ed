import { describe, expect, it } from 'vitest';
import { cardOf, subjectOf } from './card.ts';

describe('a plain card', () => {
  it('says what a job did: state, facts, duration, log and link', () => {
    const data = {
      job: 'nightly-backup',
      ok: false,
      host: 'db-1',
      startedAt: '2026-11-22T01:00:00Z',
      durationMs: 751_000,
      summary: 'The disk was full.',
      log: 'dump started\nerror: disk full',
      url: 'https://ci.example.com/jobs/8812',
    };
    expect(cardOf({ type: 'job.failed', data })).toEqual({
      subject: 'Job failed: nightly-backup',
      text: 'The disk was full.',
      state: 'bad',
      facts: [
        { name: 'Job', value: 'nightly-backup' },
        { name: 'Host', value: 'db-1' },
        { name: 'Started at', value: '2026-11-22 01:00:00 UTC' },
        { name: 'Duration', value: '12 min 31 s' },
      ],
      log: 'dump started\nerror: disk full',
      url: 'https://ci.example.com/jobs/8812',
    });
  });

  it.each([
    ['job.failed', {}, 'bad'],
    ['job.failed', { ok: true }, 'good'],
    ['job.ended', { exitCode: 0 }, 'good'],
    ['job.ended', { exit_code: 3, status: 'done' }, 'bad'],
    ['job_completed', {}, 'good'],
    ['disk', { severity: 'warning' }, 'warning'],
    ['disk', { status: 'TIMED_OUT' }, 'bad'],
    ['news', { status: 'new' }, undefined],
  ])('takes the state of %s with %j for %s', (type, data, state) => {
    expect(cardOf({ type, data }).state).toBe(state);
  });

  it.each([
    [{ durationMs: 12 }, '12 ms'],
    [{ duration_seconds: 3_600 }, '1 h'],
    [{ duration: 59.6 }, '1 min'],
    [{ duration: 90_061 }, '25 h 1 min'],
    [{ elapsed: 0 }, '0 ms'],
    [{ duration: '3 days' }, '3 days'],
  ])('says how long %j is: %s', (data, value) => {
    expect(cardOf({ type: 'a', data }).facts[0]?.value).toBe(value);
  });

  it.each([
    ['blanks', '  \n'],
    ['what nobody sees', '\u202e\u0007'],
  ])('says of a title, a text and a fact of %s what it says where they are left out', (_, blank) => {
    const card = cardOf({
      type: 'disk.full',
      subject: blank,
      data: { subject: blank, title: blank, text: blank, host: blank },
    });
    expect(card).toEqual({ subject: 'Disk full', facts: [] });
    expect(
      cardOf({ type: 'disk.full', data: { subject: blank, title: 'Full', summary: 'Of /', text: blank } }),
    ).toEqual({
      ...{ subject: 'Full', text: 'Of /', facts: [] },
    });
  });

  it('shows no secret, no object and no more than ten facts', () => {
    const data = { password: 'hunter2', apiKey: 'x', nested: { a: 1 }, list: ['a', 2], flag: true, nothing: null };
    expect(cardOf({ type: 'a', data }).facts).toEqual([
      { name: 'List', value: 'a, 2' },
      { name: 'Flag', value: 'yes' },
    ]);
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`member${at}`, at]));
    expect(cardOf({ type: 'a', data: many }).facts).toHaveLength(10);
  });

  it('links to the web alone', () => {
    for (const url of [
      'javascript:alert(1)',
      'https://',
      'https://x.example/ y',
      'file:///etc/passwd',
      '//x.example',
    ]) {
      expect(cardOf({ type: 'a', data: { url } }).url).toBeUndefined();
    }
  });

  it('is one line where it must be, within limits, and without what steers a terminal', () => {
    const card = cardOf({
      type: 'a',
      subject: `x\r\ny\u202e${'z'.repeat(1_000_000)}`,
      text: `a\u0007b\r\n${'c'.repeat(1_000_000)}`,
      data: { 'a\nb': `1\n2${'d'.repeat(100_000)}`, log: `${'line\n'.repeat(100_000)}end` },
    });
    expect(card.subject).toMatch(/^x yz+…$/);
    expect(card.subject.length).toBeLessThanOrEqual(255);
    expect(card.text?.startsWith('ab\nccc')).toBe(true);
    expect(card.text?.length).toBeLessThanOrEqual(6_000);
    expect(card.facts[0]?.name).toBe('A b');
    expect(card.facts[0]?.value.length).toBeLessThanOrEqual(300);
    expect(card.log).toMatch(/^…\nline\n.*line\nend$/s);
  });

  it('is called by its type, and by what it is about', () => {
    expect(subjectOf('user.password-reset', {})).toBe('User password reset');
    expect(subjectOf('job_completed', { job_name: 'x' })).toBe('Job completed: x');
  });
});
