/** Whether a daemon serves this data directory, and answers; and what it knows of its providers. */

import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Config } from '../../config/schema.ts';
import { errorText } from '../../core/error-text.ts';
import { isLocked } from '../../db/sqlite/lock.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const PATIENCE_MS = 3_000;

export async function checkDaemon(config: Config): Promise<Finding> {
  if (!isLocked(config.dataDir)) {
    return warning('daemon', 'not running: mail is accepted and waits', 'Start it: iep serve');
  }
  const url = urlOf(config, '/ready');
  try {
    const { status } = await ask(url);
    if (status === 200) return ok('daemon', `running, ${url} answers`);
    return broken('daemon', `running, but not ready (HTTP ${status} from ${url})`, 'Look into its log.');
  } catch (error) {
    const why = errorText(error);
    return warning('daemon', `running, but ${url} does not answer (${why})`, 'Was it started with another config?');
  }
}

/** Whose name is in the certificate does not matter here: it is the daemon of this data directory, on this machine. */
function ask(url: string): Promise<{ readonly status: number | undefined; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(PATIENCE_MS), rejectUnauthorized: false };
    const request = (url.startsWith('https:') ? getSecurely : get)(url, options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, text: body }), reject);
    });
    request.on('error', reject);
  });
}

/** Providers that the daemon leaves alone now, as its metrics tell. Where none runs there is nothing to look at. */
export async function* checkBreakers(config: Config): AsyncGenerator<Finding> {
  if (!isLocked(config.dataDir)) return;
  const url = urlOf(config, '/metrics');
  try {
    const states = await breakerStates(url);
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
      `could not be looked at: ${url} ${errorText(error)}`,
      "Give the doctor the daemon's configuration (--config), or ask the daemon: iep provider list --url URL",
    );
  }
}

async function breakerStates(url: string): Promise<readonly { name: string; isOpen: boolean }[]> {
  const { status, text } = await ask(url).catch((error: unknown) => {
    throw new Error(`does not answer (${errorText(error)})`);
  });
  if (status !== 200) throw new Error(`answers with HTTP ${status}`);
  const states = [...text.matchAll(/^iep_provider_breaker_state\{provider="([^"]+)"\} (\d)$/gm)];
  if (states.length === 0) throw new Error('tells of no provider');
  return states.map(([, name = '', state]) => ({ name, isOpen: state === '2' }));
}

function urlOf({ http: { host, port, tls } }: Config, path: string): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `${tls === undefined ? 'http' : 'https'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}${path}`;
}
