/** Whether a daemon serves this data directory, and answers; and what it knows of its providers. */

import { reasonOf } from '../../base/net/reason.ts';
import type { Config } from '../../config/schema.ts';
import { isLocked } from '../../db/datadir/lock.ts';
import { broken, type Finding, ok, warning } from './finding.ts';
import { checkLiveProviders, type LiveProvider, readLiveProviders } from './live-providers.ts';

export interface DaemonAnswer {
  readonly status: number | undefined;
  readonly text: string;
  /** Where the daemon itself says that it takes mail. */
  readonly where?: string;
}

/** Asks the daemon that is meant; `url` is where the configuration says that it listens. Rejects where none answers. */
export type AskDaemon = (url: string) => Promise<DaemonAnswer>;

export interface DaemonToCheck {
  readonly config: Config;
  readonly ask: AskDaemon;
}

export async function checkDaemon({ config, ask }: DaemonToCheck): Promise<Finding> {
  if (!isLocked(config.dataDir)) {
    return warning('daemon', 'not running: no mail is delivered', 'Start it: iep serve');
  }
  const url = urlOf(config, '/ready');
  try {
    const { status, where } = await ask(url);
    if (status === 200) return ok('daemon', `running, ${where ?? `${url} answers`}`);
    return broken('daemon', `running, but not ready (HTTP ${status} from ${url})`, 'Look into its log.');
  } catch (error) {
    const why = reasonOf(error);
    return warning('daemon', `running, but ${url} does not answer (${why})`, 'Was it started with another config?');
  }
}

/** So many claims in a row that failed are more than a moment's fault. */
const STUCK = 3;

/** Claims that fail, providers that the daemon leaves alone now, and whether what vendors tell gets in. Where none runs there is nothing to look at. */
export async function* checkMetrics({ config, ask }: DaemonToCheck): AsyncGenerator<Finding> {
  if (!isLocked(config.dataDir)) return;
  const url = urlOf(config, '/metrics');
  try {
    const metrics = await metricsOf(() => ask(url));
    yield* stuckClaims(metrics);
    yield* natsDoor(metrics);
    const live = await liveProviders(config, ask);
    if (live !== undefined) {
      yield* checkLiveProviders(live);
      return;
    }
    const states = breakerStates(metrics);
    const open = states.filter(({ isOpen }) => isOpen);
    for (const { name } of open) {
      yield warning(
        `breaker of ${name}`,
        'open: its mail waits or goes another way',
        `See what is wrong: iep provider test ${name}; when that is well: iep queue flush`,
      );
    }
    if (open.length === 0) yield ok('breakers', 'none open');
  } catch (error) {
    yield warning(
      'breakers',
      `could not be looked at: ${url} ${reasonOf(error)}`,
      "Run the doctor with the daemon's configuration (--config), as the daemon's user or root",
    );
  }
}

/** Undefined where only the metrics are told: at a port the daemon does not know that its operator asks. */
async function liveProviders(config: Config, ask: AskDaemon): Promise<readonly LiveProvider[] | undefined> {
  const { status, text } = await ask(urlOf(config, '/v1/admin/providers'));
  return status === 200 ? readLiveProviders(text) : undefined;
}

async function metricsOf(ask: () => Promise<DaemonAnswer>): Promise<string> {
  const { status, text } = await ask().catch((error: unknown) => {
    throw new Error(`does not answer (${reasonOf(error)})`);
  });
  if (status !== 200) throw new Error(`answers with HTTP ${status}`);
  return text;
}

function* stuckClaims(metrics: string): Generator<Finding> {
  for (const [, worker, count] of metrics.matchAll(/^iep_claim_failures\{worker="([^"]+)"\} (\d+)$/gm)) {
    if (Number(count) < STUCK) continue;
    const what = worker === 'outbox' ? 'no mail is sent' : 'no webhook is posted';
    yield broken(
      `claims of the ${worker}`,
      `the last ${count} failed one after the other: ${what}`,
      'Look into the log of the daemon: it says why.',
    );
  }
}

/** Where one is configured. */
function* natsDoor(metrics: string): Generator<Finding> {
  const [, up] = /^iep_nats_up (\d)$/m.exec(metrics) ?? [];
  if (up === '1') yield ok('nats', 'connected');
  if (up !== '0') return;
  yield warning(
    'nats',
    'not connected: no mail comes in over NATS, and no event is told there',
    'GET /ready and the log of the daemon say why; it is tried again and again.',
  );
}

function breakerStates(text: string): readonly { name: string; isOpen: boolean }[] {
  const states = [...text.matchAll(/^iep_provider_breaker_state\{provider="([^"]+)"\} (\d)$/gm)];
  if (states.length === 0) throw new Error('tells of no provider');
  return states.map(([, name = '', state]) => ({ name, isOpen: state === '2' }));
}

function urlOf({ http: { host, port, tls } }: Config, path: string): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === undefined ? 'http' : 'https'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}${path}`;
}
