/**
 * Has an executable send a message in each way that a script waits for, so that the code caches which it keeps hold what they
 * need: into a store, and to a daemon, which is played here.
 */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const message = ['send', '--from', 'a@example.com', '--to', 'jo@example.com', '--subject', 'Hi', '--text', 'Hi'];

/** `executable`: with the recorder of `split.ts`. Keeps the code caches in `folder`. */
export async function recordCodeCaches(executable: string, folder: string): Promise<void> {
  // The path of a socket must be short.
  const directory = mkdtempSync(join(tmpdir(), 'iep-'));
  const [alone, served] = [join(directory, 'alone'), join(directory, 'served')];
  for (const dataDir of [alone, served]) mkdirSync(dataDir, { mode: 0o700 });
  // Named, so that no daemon and no store of this machine is meant.
  const send = (dataDir: string) =>
    run(executable, message, { cwd: directory, env: { IEP_DATADIR: dataDir, CODE_CACHES: folder } });

  const daemon = createServer(answer).listen(join(served, 'control.sock'));
  try {
    await once(daemon, 'listening');
    // The second adds to what the first has left.
    await send(alone);
    await send(served);
  } finally {
    daemon.close();
    rmSync(directory, { recursive: true });
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const isMessage = request.method === 'POST';
  const accepted = { messageId: '01900000-0000-7000-8000-000000000000', status: 'queued', suppressedRecipients: [] };
  request.resume().on('end', () => {
    response.writeHead(isMessage ? 202 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isMessage ? accepted : { status: 'ok' }));
  });
}
