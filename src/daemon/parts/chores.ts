/** The chores there are, by name, and when the configuration has them done. */

import type { Metrics } from '../../base/observe/metrics.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { FileCare } from '../../db/verbs/file-care.ts';
import { type Chore, type Chores, createChores } from '../../manage/chores/chores.ts';
import { nextTime } from '../../manage/chores/cron.ts';
import { indexMessages } from '../../manage/chores/index-messages.ts';
import { sweepPeople } from '../../manage/chores/sweep-people.ts';
import { sweepSuppressions } from '../../manage/chores/sweep-suppressions.ts';
import type { Domains } from '../../manage/domains/domains.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { retentionChore } from './retention.ts';
import type { Ground } from './stations.ts';

type Work = Chore['run'];

/** Chores that other parts do; one that is absent does not come round. */
export interface OtherWork {
  readonly retention?: Work | undefined;
  readonly suppressions?: Work | undefined;
  readonly domains?: Work | undefined;
  readonly people?: Work | undefined;
  readonly search?: Work | undefined;
}

type Care = Pick<FileCare, 'optimize' | 'checkpoint' | 'space' | 'giveBack'>;

export interface UpkeepDeps {
  /** Absent where the store is not a file; then its chores do not exist. */
  readonly care?: Care;
  readonly clock: Clock;
}

/** Pages in one step: at 4 KiB less than a megabyte is moved, and callers wait for a few milliseconds. */
const PAGES_A_STEP = 200;
const BETWEEN_STEPS_MS = 50;
/** Free pages that are left for the mail to come, so that the file does not shrink and grow all day. */
const KEPT_PAGES = 1_000;

export function createUpkeep(
  deps: Ground & UpkeepDeps & { readonly metrics: Metrics; readonly domains: Pick<Domains, 'verifyDue'> },
  config: LiveConfig,
): Chores {
  const schedules = config.options(({ chores }) => chores);
  const others = {
    retention: retentionChore(deps, config),
    suppressions: () => sweepSuppressions(deps),
    domains: () => deps.domains.verifyDue(),
    people: (signal: AbortSignal) => sweepPeople(deps, signal),
    search: (signal: AbortSignal) => indexMessages(deps, signal),
  };
  return createChores({ ...deps, owner: deps.newId(), nextTime }, upkeepChores(deps, schedules, others));
}

/** `schedules` are read at each use. */
export function upkeepChores(deps: UpkeepDeps, schedules: Config['chores'], others: OtherWork): readonly Chore[] {
  const { care, clock } = deps;
  const works: { readonly [K in keyof Config['chores']]: Work | undefined } = {
    ...{ retention: others.retention, suppressions: others.suppressions, domains: others.domains },
    ...{ people: others.people, search: others.search },
    optimize: care && (() => optimize(care)),
    checkpoint: care && (() => checkpoint(care)),
    space: care && ((signal) => giveBackSpace({ care, clock }, signal)),
  };
  return Object.entries(works).flatMap(([name, run]) =>
    run === undefined ? [] : [{ name, schedule: () => schedules[name as keyof Config['chores']], run }],
  );
}

async function optimize(care: Care): Promise<string> {
  await care.optimize();
  return 'statistics brought up to date';
}

async function checkpoint(care: Care): Promise<string> {
  const { walBytes, blocked } = await care.checkpoint();
  return blocked ? `a reader holds the log back at ${walBytes} bytes` : 'the log is in the database';
}

async function giveBackSpace({ care, clock }: Required<UpkeepDeps>, signal: AbortSignal): Promise<string> {
  const before = await care.space();
  if (!before.canShrink)
    return 'the file cannot shrink: `iep migrate --compact` while the daemon is stopped changes that';
  let now = before;
  while (now.freePages > KEPT_PAGES && !signal.aborted) {
    const { freePages } = now;
    now = await care.giveBack({ pages: Math.min(PAGES_A_STEP, freePages - KEPT_PAGES) });
    if (now.freePages >= freePages) break;
    await new Promise<void>((resolve) => clock.after(BETWEEN_STEPS_MS, resolve));
  }
  return `gave back ${Math.max(0, before.pages - now.pages) * now.pageBytes} bytes, ${now.freePages} pages free`;
}
