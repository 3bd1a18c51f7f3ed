/** What the bench asks of a mail server under test, so that IEP and Postfix go through the same scenarios. */

import type { Meter } from './meter.ts';
import type { Running } from './workspace.ts';

export interface Mta {
  readonly name: 'iep' | 'postfix';
  readonly smtpPort: number;
  readonly meter: Meter;
  readonly process: Running;
  /** Has all that waits tried now. */
  flush(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a server with an empty queue that relays everything to a sink on loopback. */
export type StartMta = (sinkPort: number) => Promise<Mta>;
