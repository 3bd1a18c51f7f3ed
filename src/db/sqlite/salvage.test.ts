/** A database with damaged pages gives back every row that is on the others, and what comes of it is sound. */

import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../verbs/store.ts';
import { openFile } from './connection.ts';
import { openSqliteStore, readMigrations } from './open.ts';
import { salvageDatabase } from './salvage.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const MESSAGES = 400;

let directory: string;
let from: string;
let to: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'iep-salvage-'));
  from = join(directory, 'damaged.db');
  to = join(directory, 'iep.db');
  const { store } = await openSqliteStore({ file: from, threads: false });
  await fill(store);
  await store.close();
});
afterEach(() => rm(directory, { recursive: true }));

async function fill(store: Store): Promise<void> {
  const { id: tenantId } = await store.tenants.add({ id: 't', slug: 't', name: 't', settings: {}, now: NOW });
  for (let number = 0; number < MESSAGES; number += 1) {
    const id = `message-${number}`;
    const message = {
      ...{
        id,
        tenantId,
        createdAt: NOW,
        door: 'http' as const,
        from: { email: 'a@x.example' },
        envelopeFrom: 'a@x.example',
      },
      ...{ to: [{ email: 'b@x.example' }], cc: [], subject: 's', messageIdHeader: `<${id}@x.example>` },
      ...{
        content: { kind: 'parts' as const, text: 't'.repeat(700) },
        attachments: [],
        tags: [],
        lane: 'normal' as const,
        maxAttempts: 5,
      },
    };
    await store.outbox.accept({
      tenantId,
      messages: [{ message, recipients: [{ address: 'b@x.example', kind: 'to' as const }] }],
    });
  }
}

/** Pages that hold rows of a table, without the page that leads to them. */
function leavesOf(table: string): { readonly pages: readonly number[]; readonly bytes: number } {
  const db = openFile(from, {});
  db.pragma('wal_checkpoint(TRUNCATE)');
  const pages = db
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'")
    .pluck()
    .all(table) as number[];
  const bytes = Number(db.pragma('page_size', { simple: true }));
  db.close();
  return { pages, bytes };
}

function overwrite(pages: readonly number[], bytes: number): void {
  const handle = openSync(from, 'r+');
  for (const page of pages) writeSync(handle, Buffer.alloc(bytes, 0x5a), 0, bytes, (page - 1) * bytes);
  closeSync(handle);
}

const salvage = () => salvageDatabase(from, to, readMigrations());

async function claimable(): Promise<readonly string[]> {
  const { store, care } = await openSqliteStore({ file: to, threads: false });
  expect(await care.integrity()).toEqual([]);
  const request = { owner: 'a', now: NOW + 1, leaseMs: 9, limit: MESSAGES, skipTenants: [] };
  const { jobs } = await store.outbox.claim(request);
  await store.close();
  return jobs.map(({ message }) => message.id);
}

it('is all of a database that is whole', async () => {
  expect(salvage()).toMatchObject({ incomplete: [], unsendable: 0 });
  const dump = (file: string) => {
    const db = openFile(file, { readonly: true });
    // The marks in the event log are made anew.
    const tables = db
      .prepare(
        `SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%' AND name <> 'event_marks' ORDER BY name`,
      )
      .pluck()
      .all() as string[];
    const content = tables.map((table) => [table, db.prepare(`SELECT * FROM "${table}"`).all()]);
    db.close();
    return content;
  };
  expect(dump(to)).toEqual(dump(from));
  expect(await claimable()).toHaveLength(MESSAGES);
});

describe.each(['messages', 'contents', 'recipients', 'outbox', 'events', 'recipients_by_address'])(
  'damage in %s',
  (table) => {
    it.each(['first', 'middle', 'last'])('on the %s page', async (where) => {
      const { pages, bytes } = leavesOf(table);
      const at = where === 'first' ? 0 : where === 'last' ? pages.length - 1 : Math.floor(pages.length / 2);
      overwrite(pages.slice(at, at + 1), bytes);
      const { incomplete, unsendable } = salvage();
      const isIndex = table === 'recipients_by_address';
      expect(incomplete).toEqual(isIndex ? [] : [table]);
      const sent = await claimable();
      if (table === 'outbox' || table === 'events' || isIndex) expect(sent).toHaveLength(MESSAGES);
      else {
        // What was on one page is lost, and no more.
        expect(sent.length).toBeGreaterThanOrEqual(MESSAGES - Math.ceil((MESSAGES / pages.length) * 2));
        expect(sent.length).toBeLessThan(MESSAGES);
      }
      if (table === 'contents' || table === 'recipients') expect(sent.length + unsendable).toBe(MESSAGES);
    });
  },
);

it('says so where nothing can be read', () => {
  overwrite([1], leavesOf('messages').bytes);
  expect(salvage).toThrow(expect.objectContaining({ code: 'store_damaged' }));
});
