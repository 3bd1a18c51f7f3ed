/** The timed chores: whether each comes round, and what became of its last run. */

import { age, localTime } from '../../core/time-text.ts';
import type { ChoreRow } from '../../db/verbs/chores.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import { broken, type Finding, ok, warning } from './finding.ts';
import type { Patient } from './patient.ts';

/** One chore may wait for another that takes long. */
const LATE_MS = 3 * 3_600_000;
/** Failures in a row that are more than a bad moment. */
const MANY_FAILURES = 3;

export async function* checkChores({
  store,
  clock,
  running,
}: Pick<Patient, 'clock' | 'running'> & { readonly store: StorePart<'chores.list'> }): AsyncGenerator<Finding> {
  for (const chore of await store.chores.list()) yield checkChore(chore, { now: clock.now(), running });
}

function checkChore(chore: ChoreRow, { now, running }: { now: number; running: boolean }): Finding {
  const { name, schedule, nextAt, startedAt, endedAt, outcome, detail = '', failures } = chore;
  const check = `chore ${name}`;
  if (nextAt === undefined && schedule === 'off') return ok(check, 'off, as the configuration says');
  const again = nextAt === undefined ? '' : ` It is tried again at ${localTime(nextAt)}.`;
  if (outcome === 'failed') {
    const what = `failed ${failures === 1 ? 'once' : `${failures} times in a row`}: ${detail}`;
    const advice = `Mend what it names; the daemon's log has more ("chore":"${name}").${again}`;
    return failures >= MANY_FAILURES ? broken(check, what, advice) : warning(check, what, advice);
  }
  if (running && startedAt !== undefined && endedAt === undefined) {
    const lasted = now - startedAt;
    if (lasted < LATE_MS) return ok(check, `running for ${age(lasted)}`);
    return warning(check, `running for ${age(lasted)}`, 'Restart the daemon: it is broken off, and made up for.');
  }
  if (running && nextAt !== undefined && now - nextAt > LATE_MS) {
    const advice = 'The daemon is stuck or its clock was set: look into its log, and restart it.';
    return warning(check, `should have run at ${localTime(nextAt)}`, advice);
  }
  const next = nextAt === undefined ? '' : `, next at ${localTime(nextAt)}`;
  if (outcome === undefined || endedAt === undefined) return ok(check, `has not run yet${next}`);
  const took = startedAt === undefined ? '' : ` in ${endedAt - startedAt} ms`;
  return ok(check, `${outcome} at ${localTime(endedAt)}${took} (${detail})${next}`);
}
