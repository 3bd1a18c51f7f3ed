/** The database and what waits in it. */

import type { Clock } from '../../core/clock.ts';
import { age } from '../../core/time-text.ts';
import type { FileCare } from '../../db/verbs/file-care.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

/** A daemon that runs gets to what is due within seconds; minutes mean that something holds it. */
const OVERDUE_MS = 5 * 60_000;

/** Lines of SQLite's own check that are told. */
const SHOWN_PROBLEMS = 3;

/** A larger database is read whole only when that is asked for: it takes some seconds a gigabyte. */
const QUICK_BYTES = 64 * 1024 * 1024;

export async function* checkStore(care: Pick<FileCare, 'info' | 'integrity'>, deep: boolean): AsyncGenerator<Finding> {
  const { schema, sqlite, bytes } = await care.info();
  yield ok('schema', `${schema}, SQLite ${sqlite}, ${bytes} bytes`);
  if (!deep && bytes > QUICK_BYTES) {
    yield ok('integrity', 'not looked at in a database of this size; iep doctor --deep does');
    return;
  }
  const problems = await care.integrity();
  yield problems.length === 0
    ? ok('integrity', 'the database is sound')
    : broken(
        'integrity',
        summed(problems),
        'Stop the daemon, keep a copy of the data directory, and follow docs/disaster.md.',
      );
}

/** One damaged page can have hundreds of others told of, in one problem of many lines. */
function summed(problems: readonly string[]): string {
  const lines = problems.flatMap((problem) => problem.split('\n')).filter((line) => line.trim() !== '');
  const more = lines.length - SHOWN_PROBLEMS;
  return `${lines.slice(0, SHOWN_PROBLEMS).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

export async function* checkQueue(
  store: StorePart<'outbox.queue'>,
  {
    clock,
    running,
    tenants,
  }: { clock: Pick<Clock, 'now'>; running: boolean; tenants: readonly Pick<Tenant, 'slug' | 'pausedReason'>[] },
): AsyncGenerator<Finding> {
  const now = clock.now();
  const { paused, rows } = await store.outbox.queue({ now });
  const waiting = rows.reduce((sum, row) => sum + row.waiting, 0);
  if (paused) yield warning('queue', `paused, with ${waiting} waiting`, 'iep queue resume');
  for (const { tenantSlug } of rows.filter((row) => row.paused)) {
    const reason = tenants.find(({ slug }) => slug === tenantSlug)?.pausedReason;
    const resume = `iep queue resume --tenant ${tenantSlug}`;
    yield reason === undefined
      ? warning('queue', `paused for tenant ${tenantSlug}`, resume)
      : warning('queue', `IEP paused it for tenant ${tenantSlug}: ${reason}`, `When that is put right: ${resume}`);
  }
  const oldest = Math.min(...rows.filter(({ due, paused: held }) => due > 0 && !held).map((row) => row.nextDueAt));
  const overdue = !paused && now - oldest > OVERDUE_MS;
  if (overdue) {
    const advice = running ? 'Look at the provider: iep tail --type failed,retry_scheduled' : 'Start it: iep serve';
    yield warning('queue', `the oldest message has been due for ${age(now - oldest)}`, advice);
  } else if (!paused) yield ok('queue', `${waiting} waiting`);
}
