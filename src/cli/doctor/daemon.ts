/** Whether a daemon serves this data directory, and answers. */

import type { Config } from '../../config/schema.ts';
import { isLocked } from '../../db/sqlite/lock.ts';
import { broken, type Finding, ok, warning } from './finding.ts';

const PATIENCE_MS = 3_000;

export async function checkDaemon(config: Config): Promise<Finding> {
  if (!isLocked(config.dataDir)) {
    return warning('daemon', 'not running: mail is accepted and waits', 'Start it: iep serve');
  }
  const { host, port } = config.http;
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  const url = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}/ready`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) return ok('daemon', `running, ${url} answers`);
    return broken('daemon', `running, but not ready (HTTP ${response.status} from ${url})`, 'Look into its log.');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return warning('daemon', `running, but ${url} does not answer (${why})`, 'Was it started with another config?');
  }
}
