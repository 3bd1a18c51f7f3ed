/** Clients at both doors that go on whatever happens to the daemon, until told to stop. */

import { setTimeout as pause } from 'node:timers/promises';
import type { IepHome } from '../iep.ts';
import { sendOverHttp } from './http-client.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';
import { sendOverSmtp } from './smtp-client.ts';

export interface LoadOptions {
  readonly home: IepHome;
  readonly key: string;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly smtpClients: number;
  readonly httpClients: number;
  /** Lines of a message, about 30 bytes each. */
  readonly lines: number;
  /** Rest between two tries, so that clients do not take the whole machine. */
  readonly restMs: number;
}

export interface RunningLoad {
  /** Resolves when each client has its last answer. */
  stop(): Promise<void>;
}

/** While the daemon is down its clients leave the machine to its successor. */
const AFTER_FAILURE_MS = 100;
const PER_CONNECTION = 10;
const PER_BATCH = 5;

export function startLoad(options: LoadOptions): RunningLoad {
  const { home, key, ledger, random, lines } = options;
  let going = true;
  const goOn = () => going;

  const client = async (once: () => Promise<void>) => {
    while (going) {
      // A connection that fails is what these trials are about; the ledger has what became of its messages.
      const rest = await once().then(
        () => options.restMs,
        () => AFTER_FAILURE_MS,
      );
      await pause(rest);
    }
  };
  const smtp = () => sendOverSmtp(home.smtpPort, { ledger, count: random.between(1, PER_CONNECTION), lines, goOn });
  const http = () => {
    const count = random.between(0, 1) === 0 ? 1 : PER_BATCH;
    return sendOverHttp({ port: home.httpPort, key }, { ledger, count, lines });
  };
  const clients = [
    ...Array.from({ length: options.smtpClients }, () => client(smtp)),
    ...Array.from({ length: options.httpClients }, () => client(http)),
  ];
  return {
    async stop() {
      going = false;
      await Promise.all(clients);
    },
  };
}
