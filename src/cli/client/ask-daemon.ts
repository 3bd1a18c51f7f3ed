/** Asks the daemon of a data directory, for the doctor. */

import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { text } from 'node:stream/consumers';
import type { AskDaemon, DaemonAnswer } from '../../manage/doctor/daemon.ts';
import { findDaemon, type MeantDaemon } from './find-daemon.ts';
import { textOf } from './response.ts';
import type { DaemonJson } from './wire.ts';

const PATIENCE_MS = 3_000;

/** At its socket, where what it really listens on does not matter; else where the configuration says that it listens. */
export function askDaemon(meant: MeantDaemon): AskDaemon {
  return async (url) => {
    const daemon = await findDaemon('control', meant);
    if (daemon === undefined) return askUrl(url);
    try {
      const get = (path: string) =>
        daemon.send(path, { method: 'GET', headers: {}, signal: AbortSignal.timeout(PATIENCE_MS) });
      const answer = await get(new URL(url).pathname);
      const text = await textOf(answer);
      const { http, smtp } = JSON.parse(await textOf(await get('/v1/admin/daemon'))) as DaemonJson;
      const where = `takes mail at ${http.host}:${http.port} (HTTP) and ${smtp.host}:${smtp.port} (SMTP)`;
      return { status: answer.status, text, where };
    } finally {
      daemon.close();
    }
  };
}

/** Whose name is in the certificate does not matter here: it is the daemon of this data directory, on this machine. */
function askUrl(url: string): Promise<DaemonAnswer> {
  return new Promise((resolve, reject) => {
    const options = { signal: AbortSignal.timeout(PATIENCE_MS), rejectUnauthorized: false };
    const request = (url.startsWith('https:') ? getSecurely : get)(url, options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, text: body }), reject);
    });
    request.on('error', reject);
  });
}
