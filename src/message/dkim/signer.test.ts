/** Signatures made here, judged by others: mailauth, and Debian's dkimpy where it is installed. */

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../../test/manual-clock.ts';
import { createIds } from '../../core/ids.ts';
import { createVault } from '../../core/vault.ts';
import type { SealedDkimKey, SigningKeyRow } from '../../db/verbs/domains.ts';
import { dkimName } from '../../manage/domains/records.ts';
import { keyPairs } from './key-pairs.ts';
import { dkimRecord, makeDkimKeys } from './make-keys.ts';
import { createDkimSigner } from './signer.ts';

const clock = createManualClock(1_790_000_000_000);
const vault = createVault([new Uint8Array(32).fill(7)]);
const newId = createIds(clock);

const keys = await makeDkimKeys(
  { vault, newId, makeKeyPairs: async () => keyPairs() },
  { slot: 'iep1', state: 'active', now: clock.now() },
);
const nextKeys = await makeDkimKeys(
  { vault, newId, makeKeyPairs: async () => keyPairs() },
  { slot: 'iep2', state: 'active', now: clock.now() },
);

const rowsOf = (domain: string, sealed: readonly SealedDkimKey[]): SigningKeyRow[] =>
  sealed.map(({ id, selector, algorithm, privateKey }) => ({ id, domain, selector, algorithm, privateKey }));

let rows: readonly SigningKeyRow[] = [];
let reads = 0;
afterEach(() => {
  rows = [];
  reads = 0;
});
const newSigner = () =>
  createDkimSigner({
    store: {
      domains: {
        async signingKeys() {
          reads += 1;
          return rows;
        },
      },
    },
    vault,
    clock,
  });

async function sign(
  message: string | (() => Promise<Uint8Array | Readable>),
  domain = 'acme.example',
): Promise<Buffer> {
  const source = typeof message === 'string' ? async () => Buffer.from(message, 'latin1') : message;
  const signature = await newSigner().signatureFor({ tenantId: 't', domain, at: clock.now() });
  if (signature === undefined) throw new Error('expected to sign');
  const signed = await signature.sign(source);
  return signed instanceof Readable ? buffer(signed) : Buffer.from(signed);
}

/** What DNS would hold. */
const zone = (domain: string) =>
  Object.fromEntries([...keys, ...nextKeys].map((key) => [dkimName(key, domain), dkimRecord(key)]));

async function verdicts(message: Buffer, domain = 'acme.example') {
  const records = zone(domain);
  const { results } = await dkimVerify(message, {
    resolver: async (name: string, type: string) => {
      const record = records[name];
      if (type !== 'TXT' || record === undefined) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
      return [[record.slice(0, 255), record.slice(255)]];
    },
    curTime: new Date(clock.now()),
  });
  return results.map(({ status, signingDomain, selector, algo }) => ({
    result: status.result,
    domain: signingDomain,
    selector,
    algo,
  }));
}

const passes = (domain = 'acme.example') => [
  { result: 'pass', domain, selector: 'iep1', algo: 'rsa-sha256' },
  { result: 'pass', domain, selector: 'iep1-ed25519', algo: 'ed25519-sha256' },
];

const header =
  'From: App <app@acme.example>\r\nTo: you@example.org\r\nSubject:  Hello\r\n there \r\nMessage-ID: <1@acme.example>\r\n';
const message = `${header}Date: Mon, 21 Sep 2026 14:13:20 +0000\r\n\r\nHello \t you  \r\n\r\n.\r\n\r\n`;

describe('a signed message', () => {
  it('is believed by an independent verifier, with both keys', async () => {
    rows = rowsOf('acme.example', keys);
    const signed = await sign(message);
    expect(await verdicts(signed)).toEqual(passes());
    expect(signed.toString('latin1').endsWith(message)).toBe(true);
    expect(signed.length - message.length).toBeLessThan(2 * 1_500);
    for (const line of signed.toString('latin1').split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
  });

  it.each([
    ['an empty body', `${header}\r\n`],
    ['no empty line after the header', header],
    ['a body of blank lines', `${header}\r\n \r\n\t\r\n`],
    ['a body without a last line end', `${header}\r\nbody`],
    [
      'UTF-8 in header and body',
      `${Buffer.from('From: ü@acme.example\r\nSubject: Grüße\r\n\r\nGrüße\r\n').toString('latin1')}`,
    ],
    ['a body of several pieces', `${header}\r\n${'Hello \t there  \r\n'.repeat(40_000)}`],
    ['a repeated field', `Received: a\r\nReferences: <1>\r\nReferences: <2>\r\n${header}\r\nx\r\n`],
    ['a name without a blank and in capitals', 'FROM:app@acme.example\r\nTO :b@c.example\r\n\r\nx\r\n'],
    [
      'many recipients',
      `From: a@acme.example\r\nTo: ${Array.from({ length: 300 }, (_, n) => `user${n}@example.org`).join(',\r\n ')}\r\n\r\nx\r\n`,
    ],
    [
      'list fields',
      `${header}List-Unsubscribe: <https://a.example/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nx\r\n`,
    ],
  ])('is believed with %s', async (_, text) => {
    rows = rowsOf('acme.example', keys);
    expect(await verdicts(await sign(text))).toEqual(passes());
  });

  it('is not believed any more when a word of it is changed, or a From is added', async () => {
    rows = rowsOf('acme.example', keys);
    const signed = (await sign(message)).toString('latin1');
    const changed = [
      signed.replace('Hello \t you', 'Hello \t me'),
      signed.replace('Hello\r\n there', 'Goodbye'),
      `From: evil@acme.example\r\n${signed}`,
      ...['Reply-To: evil@evil.example', 'Sender: evil@evil.example', 'Content-Transfer-Encoding: base64'].map(
        (field) => signed.replace('\r\nTo:', `\r\n${field}\r\nTo:`),
      ),
    ];
    for (const text of changed) {
      const results = await verdicts(Buffer.from(text, 'latin1'));
      expect(results.map(({ result }) => result)).not.toContain('pass');
      expect(results).toHaveLength(2);
    }
  });

  it('survives what relays do to lines and blanks', async () => {
    rows = rowsOf('acme.example', keys);
    const signed = (await sign(message)).toString('latin1');
    const relayed = `Received: by relay\r\n${signed.replace('Subject:  Hello\r\n there ', 'subject: Hello there')}\r\n\r\n`;
    expect(await verdicts(Buffer.from(relayed, 'latin1'))).toEqual(passes());
  });

  it('keeps the signature it came with', async () => {
    rows = rowsOf('example.net', nextKeys);
    const first = (await sign(message, 'example.net')).toString('latin1');
    rows = rowsOf('acme.example', keys);
    const both = await sign(first);
    expect(both.toString('latin1').endsWith(first)).toBe(true);
    expect((await verdicts(both)).slice(0, 2)).toEqual(passes());
    const others = await verdicts(both, 'example.net');
    expect(others.filter(({ domain }) => domain === 'example.net').map(({ result }) => result)).toEqual([
      'pass',
      'pass',
    ]);
  });

  it('is read as a stream twice and never held whole', async () => {
    rows = rowsOf('acme.example', keys);
    const chunk = Buffer.from(`${'x'.repeat(75)} \r\n`.repeat(900));
    let opened = 0;
    const source = async () => {
      opened += 1;
      return Readable.from(
        (function* () {
          // Cut in the middle of a line end.
          yield Buffer.from(`${header}\r`);
          yield Buffer.from('\n\r');
          yield Buffer.from('\n');
          for (let n = 0; n < 60; n += 1) yield chunk;
        })(),
        { objectMode: false },
      );
    };
    const unread = await (
      await newSigner().signatureFor({ tenantId: 't', domain: 'acme.example', at: clock.now() })
    )?.sign(source);
    if (unread instanceof Readable) unread.destroy();
    expect(opened).toBe(1);
    opened = 0;
    const signed = await sign(source);
    expect(opened).toBe(2);
    expect(signed.length).toBeGreaterThan(4_000_000);
    expect(await verdicts(signed)).toEqual(passes());
  });

  it('without a From leaves as it is', async () => {
    rows = rowsOf('acme.example', keys);
    expect((await sign('Subject: x\r\n\r\nbody\r\n')).toString()).toBe('Subject: x\r\n\r\nbody\r\n');
  });

  // Debian's: /usr/bin/python3 with python3-dkim and python3-nacl.
  const dkimpy = '/usr/lib/python3/dist-packages/dkim/__init__.py';
  it.skipIf(!existsSync(dkimpy))('is believed by a verifier of another family', async () => {
    rows = rowsOf('acme.example', keys);
    const program = `
import dkim, json, sys
zone = json.loads(sys.argv[1])
message = sys.stdin.buffer.read()
def txt(name, timeout=5):
    return zone.get(name.decode().rstrip('.'), '').encode() or None
verifier = dkim.DKIM(message)
print(json.dumps([verifier.verify(idx=n, dnsfunc=txt) for n in range(2)]))
`;
    const input = await sign(message);
    const answer = execFileSync('/usr/bin/python3', ['-c', program, JSON.stringify(zone('acme.example'))], { input });
    expect(JSON.parse(answer.toString())).toEqual([true, true]);
  });
});

describe('the signer', () => {
  it('uses the key of the nearest domain above the sender’s', async () => {
    rows = rowsOf('acme.example', keys);
    const text = message.replace('app@acme', 'app@news.eu.acme');
    expect(await verdicts(await sign(text, 'news.eu.acme.example'))).toEqual(passes());
    rows = [...rowsOf('acme.example', keys), ...rowsOf('eu.acme.example', nextKeys)];
    expect(await verdicts(await sign(text, 'news.eu.acme.example'), 'eu.acme.example')).toMatchObject([
      { result: 'pass', selector: 'iep2' },
      { result: 'pass', selector: 'iep2-ed25519' },
    ]);
  });

  it('signs for no other domain', async () => {
    rows = rowsOf('acme.example', keys);
    const signer = newSigner();
    for (const domain of ['example', 'notacme.example', 'other.example', 'acme.example.evil.example']) {
      expect(await signer.signatureFor({ tenantId: 't', domain, at: clock.now() })).toBeUndefined();
    }
  });

  it('makes the same bytes again', async () => {
    rows = rowsOf('acme.example', keys);
    const signature = await newSigner().signatureFor({ tenantId: 't', domain: 'acme.example', at: clock.now() });
    const once = await signature?.sign(async () => Buffer.from(message));
    await clock.advance(5_000);
    expect(await signature?.sign(async () => Buffer.from(message))).toEqual(once);
  });

  it('reads keys once in a while, and at once when told to', async () => {
    const signer = newSigner();
    const ask = () => signer.signatureFor({ tenantId: 't', domain: 'acme.example', at: clock.now() });
    await Promise.all([ask(), ask(), ask()]);
    expect(reads).toBe(1);
    rows = rowsOf('acme.example', keys);
    expect(await ask()).toBeUndefined();
    await clock.advance(2_000);
    expect(await ask()).toBeDefined();
    expect(reads).toBe(2);
    rows = [];
    signer.forget();
    expect(await ask()).toBeUndefined();
  });

  it('refuses where the master key is another, and not silently', async () => {
    rows = rowsOf('acme.example', keys).map((row) => ({ ...row, id: newId() }));
    await expect(sign(message)).rejects.toMatchObject({ code: 'secret_unreadable' });
    rows = [...rows, ...rowsOf('other.example', keys)];
    expect(await verdicts(await sign(message, 'other.example'), 'other.example')).toHaveLength(2);
  });
});
