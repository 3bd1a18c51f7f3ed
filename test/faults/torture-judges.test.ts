/** The judges of the torture trials must be able to say no: each is shown what it exists to catch. */

import { describe, expect, it } from 'vitest';
import { createLedger, textOf } from '../../scripts/proof/torture/ledger.ts';
import { createNotifiedLedger, type Told } from '../../scripts/proof/torture/notified-ledger.ts';
import { checkOrder } from '../../scripts/proof/torture/order.ts';
import { readTrace } from '../../scripts/proof/torture/trace.ts';

const hex = (bytes: Buffer) => [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const text = (value: string) => hex(Buffer.from(value));

/** The header of a frame of the log; of the last one of a commit when `pages` is not zero. */
function frame(pages: number): string {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(1, 0);
  header.writeUInt32BE(pages, 4);
  return hex(header);
}

const wal = `28<${text('/data/iep.db-wal')}>`;
const socket = `40<${text('socket:[1]')}>`;
const written = [
  `100  pwrite64(${wal}, "${frame(0)}", 24, 32) = 24`,
  `100  pwrite64(${wal}, "${text('page with token-1 in it')}", 4096, 56) = 4096`,
  `100  pwrite64(${wal}, "${frame(7)}", 24, 4152) = 24`,
  `100  pwrite64(${wal}, "${text('last page')}", 4096, 4176) = 4096`,
];
const sync = `100  fsync(${wal}) = 0`;
const yes = `99  write(${socket}, "${text('250 2.0.0 queued as id-1\r\n')}", 26) = 26`;
const httpYes = `99  write(${socket}, "${text('HTTP/1.1 202 Accepted\r\n\r\n{"messageId":"id-1"')}", 45) = 45`;

const check = (...lines: string[]) => checkOrder(readTrace(lines), [{ token: 'token-1', messageId: 'id-1' }]);

describe('the order of a yes', () => {
  it('holds when the commit was synced first, whichever door said yes', () => {
    expect(check(...written, sync, yes)).toEqual([]);
    expect(check(...written, sync, httpYes)).toEqual([]);
  });

  it('holds when the message stands on the last page of its commit', () => {
    const last = [written[2] ?? '', written[1] ?? ''];
    expect(check(...last, sync, yes)).toEqual([]);
    expect(check(...last, yes, sync)).toEqual([expect.stringContaining('before its commit was synced')]);
  });

  it('holds when the log begins anew after the commit', () => {
    const header = Buffer.alloc(32);
    header.writeUInt32BE(0x377f0682);
    const anew = `100  pwrite64(${wal}, "${hex(header)}", 32, 0) = 32`;
    expect(check(...written, sync, anew, yes, sync)).toEqual([]);
    expect(check(...written, anew, yes, sync)).toEqual([expect.stringContaining('before its commit was synced')]);
  });

  it('is broken by a yes before the sync', () => {
    expect(check(...written, yes, sync)).toEqual([expect.stringContaining('before its commit was synced')]);
    expect(check(...written, httpYes, sync)).toEqual([expect.stringContaining('before its commit was synced')]);
  });

  it('is broken by a yes while the sync is under way', () => {
    const [begun, done] = [`100  fsync(${wal} <unfinished ...>`, '100  <... fsync resumed>) = 0'];
    expect(check(...written, begun, yes, done)).toEqual([expect.stringContaining('before its commit was synced')]);
    expect(check(...written, begun, done, yes)).toEqual([]);
  });

  it('is broken by a sync that came between the page and its commit', () => {
    expect(check(...written.slice(0, 2), sync, ...written.slice(2), yes)).toEqual([
      expect.stringContaining('no sync followed its commit'),
    ]);
  });

  it('is broken by a sync that failed, and by one of another file', () => {
    const failed = `100  fsync(${wal}) = -1 EIO (Input/output error)`;
    const other = `100  fsync(29<${text('/data/iep.db')}>) = 0`;
    expect(check(...written, failed, other, yes)).toEqual([expect.stringContaining('no sync followed its commit')]);
  });

  describe('of a large body', () => {
    const temporary = '/data/blobs/tmp/1';
    const body = `101  write(30<${text(temporary)}>, "${text('body with token-1 in it')}", 23) = 23`;
    const bodySync = `101  fsync(30<${text(temporary)}>) = 0`;
    const rename = `101  rename("${text(temporary)}", "${text('/data/blobs/ab/cd/abcd')}") = 0`;
    const folderSync = `101  fsync(31<${text('/data/blobs/ab/cd')}>) = 0`;

    it('holds when its file has its bytes and its name on disk before the commit', () => {
      expect(check(body, bodySync, rename, folderSync, ...written, sync, yes)).toEqual([]);
    });

    it.each([
      ['its bytes', [body, rename, folderSync]],
      ['its name', [body, bodySync, rename]],
      ['its last bytes', [body, bodySync, body, rename, folderSync]],
    ])('is broken when %s were not synced', (_what, lines) => {
      expect(check(...lines, ...written, sync, yes)).toEqual([expect.stringContaining('its file was not synced')]);
    });

    it('is broken by a commit before its file', () => {
      expect(check(...written, body, bodySync, rename, folderSync, sync, yes)).toEqual([
        expect.stringContaining('its commit was written before its file'),
      ]);
    });
  });

  it('cannot be shown without the yes or the write', () => {
    expect(check(...written, sync)).toEqual([expect.stringContaining('not in the trace')]);
    expect(check(sync, yes)).toEqual([expect.stringContaining('never written')]);
  });
});

describe('the ledger', () => {
  const message = (token: string) => Buffer.from(`Subject: ${token}\r\n\r\n${textOf(token, 3)}`);

  it('counts what was acknowledged and never came as lost', () => {
    const ledger = createLedger('test');
    const [kept, lost] = [ledger.token(), ledger.token()];
    for (const token of [kept, lost]) ledger.answer(token, { kind: 'acknowledged', messageId: `id of ${token}` });
    ledger.arrived(message(kept));
    expect(ledger.tally()).toMatchObject({ acknowledged: 2, delivered: 1, lost: 1 });
    expect(ledger.missing()).toEqual([lost]);
  });

  it('counts second copies, damage, and refusals that were delivered after all', () => {
    const ledger = createLedger('test');
    const [twice, refused] = [ledger.token(), ledger.token()];
    ledger.answer(twice, { kind: 'acknowledged', messageId: 'id' });
    ledger.answer(refused, { kind: 'refused', door: 'smtp', code: 451 });
    for (const token of [twice, twice, refused]) ledger.arrived(message(token));
    ledger.arrived(message(twice).subarray(0, -20));
    expect(ledger.tally()).toMatchObject({ duplicates: 1, damaged: 1, refused: 1, refusedDelivered: 1, lost: 0 });
    expect(ledger.refusals()).toEqual(new Map([['smtp 451', 1]]));
  });
});

describe('the ledger of notifications', () => {
  const to = 'email sub-1';
  const mail = (id: string, tokens: string[], at = 0) => ({ id, to, tokens, at });
  const told = (token: string, status: string): Told => ({ token, to, status });

  it('is content when each came by one mail, and what was skipped did not', () => {
    const ledger = createNotifiedLedger();
    ledger.came(mail('m1', ['a', 'b']));
    const tally = ledger.judge([
      told('a', 'sent'),
      told('b', 'delivered'),
      told('c', 'skipped'),
      told('d', 'cancelled'),
    ]);
    expect(tally).toEqual({
      ...{ arrived: 2, copies: 0 },
      ...{ lost: [], open: [], unwanted: [], twice: [], untold: [], unexplained: [] },
    });
  });

  it('names what is lost, what has no outcome, what nobody wanted and what nobody tells of', () => {
    const ledger = createNotifiedLedger();
    ledger.came(mail('m1', ['off', 'strange']));
    expect(
      ledger.judge([told('gone', 'sent'), told('waits', 'held'), told('bad', 'failed'), told('off', 'skipped')]),
    ).toMatchObject({
      ...{ arrived: 0, lost: [`gone ${to}`], unwanted: [`off ${to}`], untold: [`strange ${to}`] },
      open: [`waits ${to} is held`, `bad ${to} is failed`],
    });
  });

  it('tells an item of two digests from one digest that came again', () => {
    const ledger = createNotifiedLedger();
    for (const id of ['m1', 'm2']) ledger.came(mail(id, ['a']));
    ledger.came(mail('m3', ['b']));
    ledger.came(mail('m3', ['b']));
    expect(ledger.judge([told('a', 'sent'), told('b', 'sent')])).toMatchObject({ twice: [`a ${to}`], copies: 1 });
  });

  it('takes a copy only where a kill fell between the two', () => {
    const ledger = createNotifiedLedger();
    ledger.killed(15_000);
    for (const at of [10_000, 20_000, 30_000]) ledger.came(mail('m1', ['a'], at));
    expect(ledger.judge([told('a', 'sent')])).toMatchObject({ copies: 2, unexplained: ['m1'] });
  });
});
