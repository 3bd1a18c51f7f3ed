/** The daemon runs under strace; each yes must come after the sync of its own commit. */

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createIepHome } from '../iep.ts';
import { until } from '../workspace.ts';
import { createLedger } from './ledger.ts';
import { startLoad } from './load.ts';
import { checkOrder, countFiles } from './order.ts';
import { sendOverSmtp } from './smtp-client.ts';
import { readTrace } from './trace.ts';
import { createLedgerSink, type Form, settle, verdict } from './trial.ts';

const CALLS = 'trace=write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2';
/** A page of the database, whole: the token stands anywhere in it. */
const STRING_BYTES = 4096;
/** Messages too large for a row of the database: 600 KB each. */
const LARGE = 3;
const LARGE_LINES = 16_000;
const SETTLE_MS = 60_000;
const ACCEPT_MS = 60_000;

export const fsync: Form = async ({ workspace, executable, random, short, say }) => {
  const wanted = short ? 100 : 2_000;
  const ledger = createLedger('fsync');
  const sink = await createLedgerSink(ledger);
  const home = await createIepHome(workspace, executable, {
    sinks: { sink: sink.port },
    tenants: { fsync: 'sink' },
    impatient: true,
  });
  const trace = join(workspace.dir, 'trace');
  // -D: the daemon is our child, and strace its own grandchild, so that a signal reaches the daemon.
  const strace = ['-D', '-f', '-y', '-xx', '-s', `${STRING_BYTES}`, '-e', CALLS, '-o', trace];
  const daemon = await home.serve({
    wrap: (command, args) => ({ command: 'strace', args: [...strace, command, ...args] }),
  });
  const key = await home.key('fsync');
  const load = startLoad({ home, key, ledger, random, smtpClients: 6, httpClients: 3, lines: 20, restMs: 1 });
  await until('enough is acknowledged', () => ledger.acknowledged().size >= wanted, { timeoutMs: ACCEPT_MS });
  await load.stop();
  const large = { ledger, count: LARGE, lines: LARGE_LINES, goOn: () => true };
  await sendOverSmtp(home.smtpPort, large);
  const stuck = await settle(home, ledger, SETTLE_MS);
  await daemon.stop();
  await sink.close();

  say('fsync: reading the trace');
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(trace, 'latin1') })) lines.push(line);
  const calls = readTrace(lines);
  const acknowledged = [...ledger.acknowledged()].map(([token, messageId]) => ({ token, messageId }));
  const disorder = checkOrder(calls, acknowledged);
  const failures = disorder.slice(0, 5);
  if (disorder.length > 0)
    failures.push(`${disorder.length} of ${acknowledged.length} acknowledged messages out of order`);
  const files = countFiles(calls, acknowledged);
  if (files < LARGE) failures.push(`${files} of ${LARGE} large messages were stored as files`);
  const figures = { checked: acknowledged.length, files };
  return verdict('fsync', { rounds: 1, ledger, stuck, home, failures, figures });
};
