/** What a command does when nobody takes what it prints: its reader left, as `grep -q` does, or the disk is full. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptedJson, MessageRowJson } from './client/wire.ts';
import { type Home, makeHome } from './home.testing.ts';

let home: Home;
beforeEach(async () => {
  home = await makeHome();
});
afterEach(() => home.remove());

const later = ['--from', 'a@example.com', '--to', 'b@example.com', '--text', 'x', '--at', '2h'];
const scheduled = () => home.json<MessageRowJson[]>(['list', '--status', 'scheduled']);
const some = async (count: number) => {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) ids.push((await home.json<AcceptedJson>(['send', ...later])).messageId);
  return ids;
};

describe('a reader that left', () => {
  it('does not stop work in the middle', async () => {
    const ids = await some(5);
    expect(await home.iep(['cancel', ...ids], { broken: 'EPIPE' })).toMatchObject({ exit: 0, err: '' });
    expect(await scheduled()).toEqual([]);
  });

  it('is the end of a list', async () => {
    await some(2);
    expect(await home.iep(['list'], { broken: 'EPIPE' })).toMatchObject({ exit: 0, err: '' });
  });
});

describe('a disk that is full', () => {
  it('is no reason to send a message again: it is stored, and the exit code says so', async () => {
    for (const args of [later, [...later, '--json']]) {
      const { exit, err } = await home.iep(['send', ...args], { broken: 'ENOSPC' });
      expect(exit).toBe(0);
      const [{ messageId } = { messageId: '' }] = await scheduled();
      expect(err).toContain(`${messageId} is stored, but standard output cannot be written (ENOSPC)`);
    }
    expect(await scheduled()).toHaveLength(2);
  });

  it('loses what was asked for, and no code says to try again', async () => {
    await some(1);
    const { exit, err } = await home.iep(['list'], { broken: 'ENOSPC' });
    expect(exit).toBe(74);
    expect(err).toContain('standard output cannot be written (ENOSPC)');
  });
});

describe('a failure with --json', () => {
  it.each([
    [['show', 'nothing'], { code: 'not_found', title: 'Not found', exitCode: 65 }],
    [
      ['list', '--limt', '3'],
      { code: 'usage', detail: expect.stringContaining("unknown option '--limt'"), exitCode: 64 },
    ],
    [['frob'], { code: 'usage', detail: expect.stringContaining("unknown command 'frob'"), exitCode: 64 }],
    [['cancel'], { code: 'usage', hint: expect.any(String), exitCode: 64 }],
    [['list', '--config', '/nowhere.yaml'], { code: 'config_missing', exitCode: 78 }],
  ])('is one document on standard error: %j', async (args, expected) => {
    await some(1);
    const { exit, out, err } = await home.iep([...args, '--json']);
    expect(out).toBe('');
    expect(JSON.parse(err)).toMatchObject(expected);
    expect(exit).toBe(expected.exitCode);
  });
});
