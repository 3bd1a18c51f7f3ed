/** Names, asked of a name server on a real socket. */

import { createSocket, type Socket } from 'node:dgram';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLookup, type Lookup } from './resolve.ts';

const NXDOMAIN = 3;
const SERVFAIL = 2;

let server: Socket;
let lookup: Lookup;
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = createSocket('udp4');
  server.on('message', (bytes, from) => {
    const query = decode(bytes);
    const [question] = query.questions ?? [];
    if (question === undefined) return;
    asked.push(`${question.type} ${question.name}`);
    const [code, answers] = answerTo(question.name, question.type);
    const reply: Packet = { type: 'response', id: query.id ?? 0, flags: code, questions: [question], answers };
    server.send(encode(reply), from.port, from.address);
  });
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve));
  lookup = createLookup({ servers: [`127.0.0.1:${server.address().port}`] });
});
afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

function answerTo(name: string, type: string): [code: number, answers: Answer[]] {
  if (name === 'broken.example') return [SERVFAIL, []];
  if (name !== 'both.example' && !(name === 'four.example' && type === 'A')) return [NXDOMAIN, []];
  const ttl = 60;
  return type === 'A'
    ? [0, [{ type: 'A', name, ttl, data: '192.0.2.7' }]]
    : [0, [{ type: 'AAAA', name, ttl, data: '2001:db8::7' }]];
}

describe('a lookup', () => {
  it('brings the addresses of both families', async () => {
    expect(await lookup('both.example')).toEqual([
      { address: '192.0.2.7', family: 4 },
      { address: '2001:db8::7', family: 6 },
    ]);
    expect(await lookup('four.example')).toEqual([{ address: '192.0.2.7', family: 4 }]);
  });

  it('does not bother the system with a name whose servers fail', async () => {
    await expect(lookup('broken.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('asks the system for what DNS does not know', async () => {
    await expect(lookup('nobody.invalid')).rejects.toMatchObject({ syscall: 'getaddrinfo' });
    expect(asked).toContain('A nobody.invalid');
  });

  it('asks the system, and nobody else, for a name without a dot', async () => {
    const found = await lookup('localhost');
    expect(found.map(({ address }) => address)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(127\.0\.0\.1|::1)$/)]),
    );
    expect(asked).toEqual([]);
  });

  it('of one name is shared by all that wait for it, and many names take turns', async () => {
    const names = Array.from({ length: 20 }, () => 'localhost');
    const found = await Promise.all(names.map((name) => lookup(name)));
    for (const one of found) expect(one).toBe(found[0]);
    const others = await Promise.allSettled(Array.from({ length: 5 }, (_, at) => lookup(`nobody${at}`)));
    expect(others.map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
  });
});
