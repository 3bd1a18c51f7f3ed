/** Whether a daemon serves this data directory, and answers. */

import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import type { Config } from '../../config/schema.ts';
import { isLocked } from '../../db/sqlite/lock.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const PATIENCE_MS = 3_000;

export async function checkDaemon(config: Config): Promise<Finding> {
  if (!isLocked(config.dataDir)) {
    return warning('daemon', 'not running: mail is accepted and waits', 'Start it: iep serve');
  }
  const { host, port, tls } = config.http;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `${tls === undefined ? 'http' : 'https'}://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/ready`;
  try {
    const status = await statusOf(url);
    if (status === 200) return ok('daemon', `running, ${url} answers`);
    return broken('daemon', `running, but not ready (HTTP ${status} from ${url})`, 'Look into its log.');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return warning('daemon', `running, but ${url} does not answer (${why})`, 'Was it started with another config?');
  }
}

/** Whose name is in the certificate does not matter here: it is the daemon of this data directory, on this machine. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(PATIENCE_MS), rejectUnauthorized: false };
    const request = (url.startsWith('https:') ? getSecurely : get)(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
  });
}
