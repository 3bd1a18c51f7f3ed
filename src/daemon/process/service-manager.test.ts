/** What systemd hears, by a real datagram socket, and when. */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { openDatagrams } from '../../base/embedded/datagram.ts';
import { createServiceManager } from './service-manager.ts';

/** Prints what a socket receives, a line each; Node itself has no such sockets. */
const RECEIVER = `
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
a = sys.argv[1]
s.bind("\\0" + a[1:] if a.startswith("@") else a)
print("ready", flush=True)
while True: print(json.dumps(s.recv(4096).decode()), flush=True)
`;

const folder = mkdtempSync(join(tmpdir(), 'iep-notify-'));
let receiver: ChildProcess | undefined;
afterEach(() => {
  receiver?.kill('SIGKILL');
});

async function* receive(address: string): AsyncGenerator<string> {
  receiver = spawn('python3', ['-c', RECEIVER, address], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (receiver.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: receiver.stdout })) yield line;
}

describe.skipIf(process.platform !== 'linux')('a datagram', () => {
  it.each([join(folder, 'socket'), `@iep-test-${process.pid}`])('reaches %s', async (address) => {
    const heard = receive(address);
    expect((await heard.next()).value).toBe('ready');
    const datagrams = openDatagrams(address);
    expect(datagrams?.send('READY=1\nSTATUS=ü')).toBe(true);
    expect((await heard.next()).value).toBe('"READY=1\\nSTATUS=\\u00fc"');
    rmSync(folder, { recursive: true, force: true });
  });

  it('to nobody is lost without a word', () => {
    expect(openDatagrams('/nowhere/at/all')?.send('READY=1')).toBe(false);
    expect(openDatagrams('relative')).toBeUndefined();
    expect(openDatagrams(`/${'x'.repeat(200)}`)).toBeUndefined();
  });
});

describe('the service manager', () => {
  function managed(env: Record<string, string>, answers: () => Promise<unknown> = async () => 1) {
    const clock = createManualClock();
    const sent: string[] = [];
    const manager = createServiceManager({ env, pid: 7, clock, answers, send: (text) => void sent.push(text) });
    return { clock, sent, manager };
  }

  it('hears of each turn', () => {
    const { sent, manager } = managed({});
    manager.ready('up');
    manager.reloading();
    manager.stopping();
    expect(sent.map((text) => text.split('\n')[0])).toEqual(['READY=1', 'RELOADING=1', 'STOPPING=1']);
    expect(sent[1]).toMatch(/\nMONOTONIC_USEC=\d+$/);
  });

  it('hears a sign of life at half of its time, while the store answers', async () => {
    let answer = async (): Promise<unknown> => 1;
    const { clock, sent, manager } = managed({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, () => answer());
    const signs = () => sent.filter((text) => text === 'WATCHDOG=1').length;
    manager.ready('up');
    await clock.advance(14_999);
    expect(signs()).toBe(0);
    await clock.advance(30_001);
    expect(signs()).toBe(3);
    answer = () => new Promise(() => undefined);
    await clock.advance(30_000);
    expect(signs()).toBe(3);
    answer = () => Promise.reject(new Error('dead'));
    await clock.advance(30_000);
    expect(signs()).toBe(3);
    answer = async () => 1;
    await clock.advance(15_000);
    expect(signs()).toBe(4);
    manager.close();
    await clock.advance(60_000);
    expect(signs()).toBe(4);
  });

  it('is not told for another process, nor where there is none', async () => {
    const { clock, sent, manager } = managed({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' });
    manager.ready('up');
    await clock.advance(60_000);
    expect(sent).toHaveLength(1);
    createServiceManager({ env: {}, pid: 7, clock, answers: async () => 1 }).ready('up');
  });
});
