/**
 * What systemd is told, by sd_notify(3): that the daemon is up, reloads, stops, and at half of the watchdog's time that it
 * still works. Without systemd nothing is said.
 */

import { openDatagrams } from '../../base/embedded/datagram.ts';
import type { Clock } from '../../core/clock.ts';

export interface ServiceManager {
  /** Up, or up again after a reload. `status` is what `systemctl status` shows. */
  ready(status: string): void;
  /** A reload begins; `ready` ends it. */
  reloading(): void;
  stopping(): void;
  /** No more signs of life. */
  close(): void;
}

export interface ServiceManagerDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly clock: Pick<Clock, 'after'>;
  /** Settles when the store has answered; asked before each sign of life, so that a stuck one brings a restart. */
  readonly answers: () => Promise<unknown>;
  readonly send?: (text: string) => void;
}

export function createServiceManager(deps: ServiceManagerDeps): ServiceManager {
  const send = deps.send ?? sender(deps.env.NOTIFY_SOCKET);
  if (send === undefined) return silent;
  const { clock, answers } = deps;
  let cancel: (() => void) | undefined;
  let closed = false;

  const watchdogMs = watchdogOf(deps);
  const liveOn = () => {
    if (watchdogMs === undefined || closed) return;
    cancel?.();
    cancel = clock.after(watchdogMs / 2, () => {
      // A store that is silent or has died keeps this sign back. The next one is due all the same: a slow moment may pass.
      answers().then(
        () => {
          if (!closed) send('WATCHDOG=1');
        },
        () => undefined,
      );
      liveOn();
    });
  };

  return {
    ready(status) {
      send(`READY=1\nSTATUS=${status}`);
      liveOn();
    },
    // CLOCK_MONOTONIC, as Type=notify-reload asks for.
    reloading: () => send(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => send('STOPPING=1\nSTATUS=finishing what is under way'),
    close() {
      closed = true;
      cancel?.();
    },
  };
}

const nothing = () => undefined;
const silent: ServiceManager = { ready: nothing, reloading: nothing, stopping: nothing, close: nothing };

function sender(address: string | undefined): ((text: string) => void) | undefined {
  const datagrams = address ? openDatagrams(address) : undefined;
  return datagrams && ((text) => void datagrams.send(text));
}

/** The watchdog's time in ms, where it is meant for this process. */
function watchdogOf({ env, pid }: ServiceManagerDeps): number | undefined {
  const micros = Number(env.WATCHDOG_USEC);
  if (!(micros > 0)) return undefined;
  return env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === pid ? micros / 1000 : undefined;
}
