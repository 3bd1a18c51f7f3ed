/**
 * `scripts/history`: fills a data directory with a long history of messages, as a platform with twenty tenants has it after a month: all
 * statuses, categories, tags, providers, a few thousand that wait, and dead letters. Written by SQL in large commits, because a
 * million messages by the doors would take as long as they took; the counters of statuses keep themselves.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Connection, connect } from '../../src/db/sqlite/connection.ts';
import { makeSearchable } from '../../src/db/sqlite/messages/searchable.ts';

const HELP = `Usage: scripts/history DIRECTORY [options]

Writes messages of the last days into the data directory of a daemon that is not running and has had no mail yet, such as
\`iep init\` makes.

  --messages N   how many (1000000)
  --days N       over how many days (30)
  --help`;

export interface History {
  readonly messages: number;
  readonly days: number;
  /** Epoch ms of the newest. */
  readonly now: number;
}

const tenants = [
  ...['shop', 'billing', 'accounts', 'support', 'newsletter', 'alerts', 'logistics', 'people', 'payroll', 'status'],
  ...['search', 'partners', 'events', 'reports', 'login', 'mobile', 'legal', 'stores', 'returns', 'beta'],
];
/** Messages in one commit. */
const STEP = 50_000;
const DAY_MS = 86_400_000;

/** `file`: of a store without messages that nothing else has open. */
export function makeHistory(file: string, history: History, say: (text: string) => void): void {
  const db = connect({ file, readonly: false, cacheKib: 512 * 1024 });
  try {
    if (db.prepare('SELECT 1 FROM messages').get() !== undefined) throw new Error(`${file} has messages`);
    // A kill loses a file that anybody can make anew.
    db.pragma('synchronous = OFF');
    const steps = prepareSteps(db, history, addTenants(db, history));
    for (let first = 0; first < history.messages; first += STEP) {
      const range = { first, end: Math.min(first + STEP, history.messages) };
      db.transaction(() => {
        for (const step of steps) step.run(range);
      })();
      say(`${range.end} of ${history.messages} messages`);
    }
    const index = makeSearchable.prepare(db) as (input: { limit: number }) => number;
    const indexSome = db.transaction(() => Array.from({ length: 500 }, () => index({ limit: 1_000 })).at(-1) ?? 0);
    while (indexSome() > 0);
    db.exec('ANALYZE');
    db.pragma('wal_checkpoint(TRUNCATE)');
  } finally {
    db.close();
  }
}

/** Returns the number of the first. */
function addTenants(db: Connection, { now, days }: History): number {
  const first = 1 + (db.prepare<[], number>('SELECT coalesce(max(no), 0) FROM tenants').pluck().get() ?? 0);
  const add = db.prepare(
    'INSERT INTO tenants (no, id, slug, name, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const at = now - days * DAY_MS;
  for (const [no, slug] of tenants.entries()) {
    const id = `${String(no).padStart(8, '0')}-0000-7000-8000-000000000000`;
    const name = slug.charAt(0).toUpperCase() + slug.slice(1);
    add.run(first + no, id, slug, name, '{"anySender":true}', at, at);
  }
  return first;
}

/** A number from 0 to below `below` that looks random, and is the same each time. */
const pick = (salt: number, below: number) => `((n.i * 2654435761 + ${salt} * 40503) / 65536 % ${below})`;
const oneOf = (salt: number, ...texts: readonly string[]) =>
  `CASE ${pick(salt, texts.length)} ${texts.map((text, at) => `WHEN ${at} THEN '${text}'`).join(' ')} END`;

const subject = `${oneOf(1, 'Your invoice', 'Reset your password', 'Welcome', 'Weekly report', 'Order', 'Reminder', 'Ticket', 'Sign-in code')}
  || ' ' || ${oneOf(2, 'for March', 'is ready', 'has shipped', 'needs an answer', 'from Acme', 'of your team')} || ' ' || n.i`;
const category = `CASE WHEN ${pick(3, 4)} = 0 THEN NULL ELSE ${oneOf(4, 'invoices', 'login', 'newsletter', 'orders', 'reports', 'alerts')} END`;
const provider = oneOf(5, 'relay', 'relay', 'ses', 'postmark', 'backup');
const address = `'user' || ${pick(6, 200_000)} || '@' || ${oneOf(7, 'example.org', 'mail.example.net', 'customer.example', 'xn--bcher-kva.example')}`;
/** A few in a thousand of each that is not as it should be. */
const ended = `CASE WHEN r < 550 THEN 'delivered' WHEN r < 950 THEN 'sent' WHEN r < 965 THEN 'failed' WHEN r < 985 THEN 'bounced'
  WHEN r < 987 THEN 'complained' WHEN r < 994 THEN 'suppressed' ELSE 'cancelled' END`;

function prepareSteps(db: Connection, { messages, days, now }: History, firstTenant: number) {
  // The newest few wait; most tenants are small; days are busier than nights.
  const waiting = Math.min(3_000, Math.floor(messages / 200));
  const spacing = Math.max(1, Math.floor((days * DAY_MS) / messages));
  const each = `WITH RECURSIVE n (i) AS (SELECT CAST(@first AS INTEGER) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < @end),
    t AS (SELECT n.i, ${now} - (${messages} - n.i) * ${spacing} AS at FROM n),
    m AS (SELECT n.i + 1 AS seq, min(${now}, CAST(n.at + 10000000 * sin(n.at % ${DAY_MS} * 6.2832 / ${DAY_MS}) AS INTEGER)) AS at, ${pick(8, 1_000)} AS r,
      CASE WHEN ${pick(9, 2)} = 0 THEN ${firstTenant} ELSE ${firstTenant} + ${pick(10, tenants.length)} END AS tenant,
      n.i >= ${messages - waiting} AS waits, ${subject} AS subject, ${category} AS category, ${provider} AS provider,
      ${address} AS address, ${pick(11, 500)} AS tagged, ${pick(12, 5_000)} AS grouped FROM t n),
    h AS (SELECT m.*, CASE WHEN waits THEN 'queued' ELSE ${ended} END AS status,
      printf('%08x-%04x-7%03x-8%03x-%012x', at / 65536, at % 65536, seq % 4096, seq / 4096 % 4096, seq) AS id FROM m)`;
  const sql = [
    `${each} INSERT INTO messages (seq, id, tenant_no, status, created_at, updated_at, door, from_email, envelope_from, "to", subject,
       message_id_header, priority, category, tags, group_id, provider, attempts, max_attempts, dead, last_error, sent_at)
     SELECT seq, id, tenant, status, at, at + 800, 'http', 'noreply@team.example', 'noreply@team.example', json_array(json_object('email', address)),
       subject, '<' || id || '@team.example>', 1, category, CASE tagged WHEN 0 THEN '["march","priority"]' WHEN 1 THEN '["beta"]' END,
       CASE WHEN grouped < 50 THEN 'campaign-' || grouped END, CASE WHEN waits OR status IN ('suppressed', 'cancelled') THEN NULL ELSE provider END,
       iif(waits, 0, 1), 5, status = 'failed', CASE WHEN status IN ('failed', 'bounced') THEN '550 5.1.1 no such user' END,
       CASE WHEN status IN ('sent', 'delivered', 'complained') THEN at + 800 END FROM h`,
    `${each} INSERT INTO recipients (message_seq, position, address, kind, status, reply, updated_at)
     SELECT seq, 0, address, 'to', status, CASE WHEN status IN ('failed', 'bounced') THEN '550 5.1.1 no such user' END, at + 800 FROM h`,
    `${each} INSERT INTO contents (message_seq, text) SELECT seq, 'Hello, this is about ' || subject FROM h`,
    `${each} INSERT INTO outbox (message_seq, tenant_no, lane, due_at) SELECT seq, tenant, 1, ${now + 3_600_000} FROM h WHERE waits`,
    `${each} INSERT INTO attempts (message_seq, number, provider, started_at, ended_at, outcome, reply, counted)
     SELECT seq, 1, provider, at + 200, at + 800, iif(status IN ('failed', 'bounced'), 'rejected', 'delivered'), '250 2.0.0 Ok', 1
     FROM h WHERE NOT waits AND status NOT IN ('suppressed', 'cancelled')`,
    `${each} INSERT INTO events (message_seq, sequence, type, at) SELECT seq, 1, 'queued', at FROM h`,
    `${each} INSERT INTO events (message_seq, sequence, type, at, recipient) SELECT seq, 2, status, at + 800, address FROM h WHERE NOT waits`,
    `${each} INSERT INTO tallies SELECT tenant, (at + 800) / 3600000, provider, coalesce(category, ''), '', count(*), sum(status = 'delivered'),
       sum(status = 'bounced'), sum(status = 'complained'), sum(status = 'delivered' AND r % 3 = 0), sum(status = 'delivered' AND r % 19 = 0),
       sum(status = 'delivered' AND r % 7 = 0), 0
     FROM h WHERE status IN ('sent', 'delivered', 'bounced', 'complained') GROUP BY 1, 2, 3, 4, 5
     ON CONFLICT DO UPDATE SET recipients = recipients + excluded.recipients, delivered = delivered + excluded.delivered,
       bounced = bounced + excluded.bounced, complained = complained + excluded.complained, opened = opened + excluded.opened,
       clicked = clicked + excluded.clicked, opened_by_machine = opened_by_machine + excluded.opened_by_machine`,
  ];
  return sql.map((one) => db.prepare<[{ first: number; end: number }]>(one));
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      messages: { type: 'string', default: '1000000' },
      days: { type: 'string', default: '30' },
      help: { type: 'boolean', default: false },
    },
  });
  const [directory] = positionals;
  if (values.help || directory === undefined) console.log(HELP);
  else {
    const file = join(directory, 'iep.db');
    if (!existsSync(file)) throw new Error(`${directory} has no store: \`iep init\` makes one`);
    const history = { messages: Number(values.messages), days: Number(values.days), now: Date.now() };
    makeHistory(file, history, (text) => console.error(text));
  }
}
