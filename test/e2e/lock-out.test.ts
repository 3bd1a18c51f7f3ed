/**
 * Repeated bad logins, at both doors, from real addresses: who guesses is shut out at his address, and neither the
 * tenant elsewhere nor a key behind the same address that is known to be right.
 */

import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/core/clock.ts';
import { startServer, type TestServer } from '../../src/http/http.testing.ts';
import { greet, plainAuth } from '../../src/smtp/door.testing.ts';
import { createSmtpListener, type SmtpListener } from '../../src/smtp/listener.ts';

/** Answers that are held back come at once: how long they are is tested where they are made. */
const clock: Clock = { ...systemClock, after: (delayMs, fn) => systemClock.after(delayMs < 10_000 ? 0 : delayMs, fn) };

let server: TestServer;
let smtp: SmtpListener;
let smtpPort: number;

beforeEach(async () => {
  server = await startServer({ clock });
  const { deps } = server;
  smtp = createSmtpListener(
    { ...deps, blobs: deps.blobs, accept: deps.accept, refuseRecipient: () => undefined },
    {
      ...{ host: '127.0.0.1', port: 0, hostname: 'mail.example.com', maxMessageBytes: 1_000_000 },
      ...{ plaintextAuth: 'loopback', trustedNetworks: [] },
    },
  );
  ({ port: smtpPort } = await smtp.start());
});
afterEach(async () => {
  await smtp.stop(0);
  await server.close();
});

type Door = (key: string, from: string) => Promise<'in' | 'refused' | 'shut out'>;

const doors: Readonly<Record<string, Door>> = {
  HTTP: (key, localAddress) =>
    new Promise((resolve, reject) => {
      const { port } = new URL(server.url);
      const asked = request(
        { host: '127.0.0.1', port, path: '/v1/messages', localAddress, headers: { 'x-api-key': key }, agent: false },
        (response) => {
          response.resume();
          const { statusCode } = response;
          resolve(statusCode === 200 ? 'in' : statusCode === 429 ? 'shut out' : 'refused');
        },
      );
      asked.on('error', reject);
      asked.end();
    }),
  SMTP: async (key, localAddress) => {
    const client = await greet(smtpPort, { localAddress });
    const reply = await client.say(plainAuth('anything', key));
    client.close();
    return reply.startsWith('235') ? 'in' : reply.startsWith('421') ? 'shut out' : 'refused';
  },
};

const HOME = '127.0.0.1';
const ELSEWHERE = '127.0.0.2';
const wrong = (key: string, n: number) => `${key.slice(0, -4)}${String(n).padStart(4, '0')}`;

describe.each(Object.entries(doors))('%s', (_name, login) => {
  async function guess(key: string, from: string): Promise<string[]> {
    const answers = [];
    for (let n = 0; n < 12; n++) answers.push(await login(wrong(key, n), from));
    return answers;
  }

  it('shuts a guesser out after ten failures, whatever he tries next', async () => {
    const answers = await guess(server.keys.all, ELSEWHERE);
    expect(answers.slice(0, 9)).toEqual(Array(9).fill('refused'));
    expect(answers.slice(9)).toEqual(Array(3).fill('shut out'));
  });

  it('does not shut out the tenant at its own address, whose key was never seen before', async () => {
    await guess(server.keys.all, ELSEWHERE);
    expect(await login(server.keys.all, HOME)).toBe('in');
  });

  it('does not shut out a key at the guesser’s address that is known to be right, nor that of another tenant', async () => {
    expect(await login(server.keys.all, HOME)).toBe('in');
    expect((await guess(server.keys.all, HOME)).at(-1)).toBe('shut out');
    expect(await login(server.keys.all, HOME)).toBe('in');
    expect(await login(server.keys.rival, HOME)).toBe('in');
  });

  it('does not look at keys of no form any more', async () => {
    const answers = [];
    for (let n = 0; n < 12; n++) answers.push(await login(`letmein${n}`, ELSEWHERE));
    expect(answers.at(-1)).toBe('shut out');
    expect(await login(server.keys.all, ELSEWHERE)).toBe('in');
  });
});

it('a guesser at one door is shut out at the other', async () => {
  for (let n = 0; n < 10; n++) await doors.HTTP?.(wrong(server.keys.all, n), ELSEWHERE);
  expect(await doors.SMTP?.(wrong(server.keys.all, 11), ELSEWHERE)).toBe('shut out');
});
