/** The examination of a store that is open, from what everything else rests on upwards. */

import type { Blobs } from '../../blobs/blobs.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import { diskFault } from '../../core/disk-fault.ts';
import { errorText } from '../../core/error-text.ts';
import { IepError } from '../../core/errors.ts';
import type { DataDirectory } from '../../db/datadir/data-files.ts';
import type { FileCare } from '../../db/verbs/file-care.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { createDns } from '../domains/dns.ts';
import { readTokens } from '../kept-tokens.ts';
import { type KnownProvider, namesOf, readProviders } from '../known-providers.ts';
import { checkBlobs, checkEveryBlob } from './blobs.ts';
import { checkChores } from './chores.ts';
import { checkClock } from './clock.ts';
import { type AskDaemon, checkDaemon, checkMetrics } from './daemon.ts';
import { checkDeadLetters } from './dead-letters.ts';
import { checkDomains } from './domains.ts';
import { checkFeedback } from './feedback.ts';
import { broken, type Finding } from './finding.ts';
import { checkLoginProviders } from './login-providers.ts';
import type { Examination } from './patient.ts';
import { checkPeople } from './people.ts';
import { checkNames, checkProviders, checkRoutes } from './providers.ts';
import { checkRates } from './rates.ts';
import { checkAudit, checkSecrets, type Sealed } from './secrets.ts';
import { checkSpace } from './space.ts';
import { checkQueue, checkStore } from './store.ts';
import { checkWebhooks } from './webhooks.ts';

export interface Opened extends Sealed {
  readonly care: FileCare;
  readonly config: Config;
  readonly data: DataDirectory;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ask: AskDaemon;
  /** Reads the whole database and all large content. */
  readonly deep: boolean;
  /** Hears how far a long look has come. */
  readonly progress: (text: string) => void;
}

export async function* examineStore(opened: Opened): AsyncGenerator<Finding> {
  const { config, data, store, care, blobs, clock, deep, progress } = opened;
  yield* guarded('integrity', () => checkStore(care, deep));
  yield* guarded('secrets', () => checkSecrets(opened));
  yield* guarded('audit log', () => one(checkAudit(opened)));
  yield* guarded('blobs', () => (deep ? checkEveryBlob({ blobs, store }, progress) : checkBlobs(blobs, config.blobs)));
  yield* guarded('clock', () => one(checkClock(store, clock)));
  const tenants: Tenant[] = [];
  const known: KnownProvider[] = [];
  yield* guarded('providers', async function* () {
    tenants.push(...(await store.tenants.list()));
    known.push(...(await readProviders(opened, config)));
    const made = known.filter(({ source }) => source === 'store');
    yield* checkProviders(made, { clock, tokens: readTokens(opened) });
  });
  const daemon = await checkDaemon(opened);
  yield daemon;
  yield* checkMetrics(opened);
  const running = daemon.level === 'ok';
  const patient = { config, data, store, care, clock, running, tenants, providers: known };
  const openDns = createDns({ clock }, { servers: config.domains.dnsServers });
  yield* guarded('feedback', () => checkFeedback({ config, clock, openDns, tokens: readTokens(opened) }));
  for (const [about, examination] of examinations) yield* guarded(about, () => examination(patient));
}

/** What the store or the disk refuses to tell is a finding, and no reason to look at nothing else. */
async function* guarded(
  check: string,
  look: () => AsyncIterable<Finding> | Iterable<Finding>,
): AsyncGenerator<Finding> {
  try {
    yield* look();
  } catch (error) {
    yield cannotOpen(check, error);
  }
}

async function* one(finding: Promise<Finding>): AsyncGenerator<Finding> {
  yield await finding;
}

/** Whatever it is: that the store cannot be opened or read is what the doctor is called for. */
export function cannotOpen(check: string, error: unknown): Finding {
  const refusal = error instanceof IepError ? error : diskFault(error);
  if (refusal !== undefined) return broken(check, refusal.message, refusal.refusal.hint);
  return broken(check, errorText(error), 'Keep a copy of the data directory, and follow docs/disaster.md.');
}

/** By what each is about. */
const examinations: readonly (readonly [about: string, Examination])[] = [
  ['routes', ({ config, tenants, providers }) => checkRoutes({ config, tenants, names: providers.flatMap(namesOf) })],
  ['names of providers', checkNames],
  ['domains', ({ store, tenants }) => checkDomains({ store, tenants })],
  ['queue', ({ store, clock, running, tenants }) => checkQueue(store, { clock, running, tenants })],
  ['rates', checkRates],
  ['dead letters', checkDeadLetters],
  ['webhooks', checkWebhooks],
  ['people', checkPeople],
  ['login providers', ({ config }) => checkLoginProviders(config.dashboard.oidc)],
  ['chores', checkChores],
  ['space', checkSpace],
];
