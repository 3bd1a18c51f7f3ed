/** What one tenant with a key of all scopes can do to the others. */

import { again, createCaller, hold, type NeighbourTarget } from './calls.ts';
import type { Means } from './means.ts';

const message = (changes: Record<string, unknown>): string =>
  JSON.stringify({ from: 'bad@bad.example', to: ['sink@example.net'], subject: 's', textBody: 't', ...changes });

/** Submits this, by some at once. */
async function submit(
  target: NeighbourTarget,
  count: number,
  body: () => string | Buffer,
  more: object = {},
): Promise<void> {
  const call = createCaller(target);
  const path = '/v1/messages';
  await again(target, { count }, () => call({ method: 'POST', path, key: target.key, body: body(), ...more }));
}

const MIB = 1024 * 1024;

export const tenantMeans: readonly Means[] = [
  {
    name: 'field-names',
    tells: 'bodies whose one field has a name of 300 KB',
    run: (target) => submit(target, 4, () => JSON.stringify({ [`auth${'.a'.repeat(150_000)}`]: 1 })),
  },
  {
    name: 'nested-loops',
    tells: 'a template that loops in a loop over 90,000 numbers',
    run: (target) => {
      const b = Array.from({ length: 90_000 }, (_, n) => n);
      const i = Array.from({ length: 30 }, (_, n) => n);
      const textBody = '{{#each i}}{{#each @root.i}}{{lookup @root.o @root.b}}{{/each}}{{/each}}';
      const body = message({ textBody, variables: { i, o: {}, b } });
      return submit(target, 2, () => body);
    },
  },
  {
    name: 'quoted-from',
    tells: 'whole messages whose From is 60,000 escaped quotes',
    run: (target) => {
      const from = `From: "${'\\"'.repeat(60_000)}`;
      const raw = `${from}\r\nTo: sink@example.net\r\nSubject: s\r\n\r\nx\r\n`;
      return submit(target, 4, () => raw, { path: '/v1/messages/raw', type: 'message/rfc822' });
    },
  },
  {
    name: 'bulk-retry',
    tells: 'bulk retries, dry, by a hundred words, over thousands of recipients',
    async run(target) {
      const call = createCaller(target);
      const post = (path: string, body: string) => call({ method: 'POST', path, key: target.key, body });
      const words = Array.from({ length: 100 }, (_, n) => `w${n}`).join(' ');
      const later = new Date(Date.now() + 86_400_000).toISOString();
      const to = Array.from({ length: 400 }, (_, n) => `r${n}@example.net`);
      const messages = Array.from({ length: 20 }, () =>
        JSON.parse(message({ to, subject: words, scheduledAt: later })),
      );
      for (let batch = 0; batch < 5; batch += 1) await post('/v1/messages/batch', JSON.stringify({ messages }));
      const body = JSON.stringify({ filter: { q: words.slice(0, 300) }, dryRun: true });
      await again(target, { count: 10 }, () => post('/v1/messages/retry', body));
    },
  },
  {
    name: 'costly-templates',
    tells: 'templates of 21 KB, each another, that are nothing but lookups',
    run: (target) => {
      let serial = 0;
      const lookup = `{{lookup ${'a '.repeat(3_000)}}}`;
      return submit(target, 4, () => {
        serial += 1;
        return message({ textBody: `${serial} ${lookup}${lookup}${lookup}`, variables: { a: 1 } });
      });
    },
  },
  {
    name: 'untidy-html',
    tells: 'HTML of 2 MB whose rows are never ended',
    run: (target) => {
      const body = message({ textBody: undefined, htmlBody: `<table>${'<tr><td>row'.repeat(180_000)}` });
      return submit(target, 2, () => body);
    },
  },
  {
    name: 'stalled-bodies',
    tells: 'twenty bodies of 30 MB that stop before their end',
    run: (target) => {
      const head = `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${target.key}\r\ncontent-type: application/json\r\n`;
      const piece = Buffer.alloc(MIB, 'x');
      return hold(target, { port: target.httpPort, localAddress: '127.0.0.1', count: 20 }, (socket) => {
        socket.write(`${head}content-length: ${30 * MIB}\r\n\r\n`);
        for (let sent = 0; sent < 29; sent += 1) socket.write(piece);
      });
    },
  },
  {
    name: 'domains',
    tells: 'three hundred sender domains, each with its DKIM keys',
    async run(target) {
      const call = createCaller(target);
      let serial = 0;
      await again(target, { count: 30 }, () => {
        serial += 1;
        const body = JSON.stringify({ domain: `d${serial % 300}.example` });
        return call({ method: 'POST', path: '/v1/domains', key: target.key, body });
      });
    },
  },
  {
    name: 'batches',
    tells: 'batches of a thousand messages, four at once',
    run: (target) => {
      const later = new Date(Date.now() + 86_400_000).toISOString();
      const one = JSON.parse(message({ scheduledAt: later }));
      const body = JSON.stringify({ messages: Array<unknown>(1_000).fill(one) });
      return submit(target, 4, () => body, { path: '/v1/messages/batch' });
    },
  },
  {
    name: 'searches',
    tells: 'sixteen searches at once for what is not there',
    async run(target) {
      const call = createCaller(target);
      const later = new Date(Date.now() + 86_400_000).toISOString();
      const messages = Array.from({ length: 1_000 }, () => JSON.parse(message({ scheduledAt: later })));
      const body = JSON.stringify({ messages });
      const filling = { method: 'POST', path: '/v1/messages/batch', key: target.key, body };
      for (let batch = 0; batch < 10; batch += 1) await call(filling);
      const path = '/v1/messages?q=nothing+like+this&limit=100';
      await again(target, { count: 16 }, () => call({ path, key: target.key }));
    },
  },
  {
    name: 'attachments',
    tells: 'messages with 20 MB of attachments, four at once',
    run: (target) => {
      const content = Buffer.alloc(15 * MIB, 'a').toString('base64');
      const later = new Date(Date.now() + 86_400_000).toISOString();
      const attachments = [{ filename: 'a.txt', contentType: 'text/plain', content }];
      const body = Buffer.from(message({ attachments, scheduledAt: later }));
      return submit(target, 4, () => body);
    },
  },
  {
    name: 'suppression-import',
    tells: 'imports of 100,000 suppressed addresses, two at once',
    run: (target) => {
      const lines = Array.from({ length: 100_000 }, (_, n) => `r${n}@example.net,manual`);
      const body = ['email,reason', ...lines].join('\n');
      return submit(target, 2, () => body, { path: '/v1/suppressions/import', type: 'text/csv' });
    },
  },
];
