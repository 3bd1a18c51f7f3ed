/** Whether a daemon serves this data directory, and answers; and what it knows of its providers. */

import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Config } from '../../config/schema.ts';
import { isLocked } from '../../db/sqlite/lock.ts';
import { reasonOf } from '../../net/reason.ts';
import { textOf } from '../answer.ts';
import { findDaemon, type Meant } from '../find-daemon.ts';
import type { DaemonJson } from '../wire.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const PATIENCE_MS = 3_000;

export async function checkDaemon(meant: Meant): Promise<Finding> {
  const { config } = meant;
  if (!isLocked(config.dataDir)) {
    return warning('daemon', 'not running: no mail is delivered', 'Start it: iep serve');
  }
  const url = urlOf(config, '/ready');
  try {
    const { status, where } = await ask(meant, '/ready');
    if (status === 200) return ok('daemon', `running, ${where ?? `${url} answers`}`);
    return broken('daemon', `running, but not ready (HTTP ${status} from ${url})`, 'Look into its log.');
  } catch (error) {
    const why = reasonOf(error);
    return warning('daemon', `running, but ${url} does not answer (${why})`, 'Was it started with another config?');
  }
}

interface Asked {
  readonly status: number | undefined;
  readonly text: string;
  /** Where the daemon itself says that it takes mail. */
  readonly where?: string;
}

/** At its socket, where what it really listens on does not matter; else where the configuration says that it listens. */
async function ask(meant: Meant, path: string): Promise<Asked> {
  const daemon = await findDaemon('control', meant);
  if (daemon === undefined) return askUrl(urlOf(meant.config, path));
  try {
    const get = (path: string) =>
      daemon.send(path, { method: 'GET', headers: {}, signal: AbortSignal.timeout(PATIENCE_MS) });
    const answer = await get(path);
    const text = await textOf(answer);
    const { http, smtp } = JSON.parse(await textOf(await get('/v1/admin/daemon'))) as DaemonJson;
    const where = `takes mail at ${http.host}:${http.port} (HTTP) and ${smtp.host}:${smtp.port} (SMTP)`;
    return { status: answer.status, text, where };
  } finally {
    daemon.close();
  }
}

/** Whose name is in the certificate does not matter here: it is the daemon of this data directory, on this machine. */
function askUrl(url: string): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(PATIENCE_MS), rejectUnauthorized: false };
    const request = (url.startsWith('https:') ? getSecurely : get)(url, options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, text: body }), reject);
    });
    request.on('error', reject);
  });
}

/** So many claims in a row that failed are more than a moment's fault. */
const STUCK = 3;

/** Providers that the daemon leaves alone now, and claims that fail, as its metrics tell. Where none runs there is nothing to look at. */
export async function* checkMetrics(meant: Meant): AsyncGenerator<Finding> {
  const { config } = meant;
  if (!isLocked(config.dataDir)) return;
  const url = urlOf(config, '/metrics');
  try {
    const metrics = await metricsOf(meant);
    yield* stuckClaims(metrics);
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

async function metricsOf(meant: Meant): Promise<string> {
  const { status, text } = await ask(meant, '/metrics').catch((error: unknown) => {
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

function breakerStates(text: string): readonly { name: string; isOpen: boolean }[] {
  const states = [...text.matchAll(/^iep_provider_breaker_state\{provider="([^"]+)"\} (\d)$/gm)];
  if (states.length === 0) throw new Error('tells of no provider');
  return states.map(([, name = '', state]) => ({ name, isOpen: state === '2' }));
}

function urlOf({ http: { host, port, tls } }: Config, path: string): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === undefined ? 'http' : 'https'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}${path}`;
}
