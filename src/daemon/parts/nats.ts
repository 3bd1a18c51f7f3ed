/** The NATS door, as the configuration names it now. Nothing of it is loaded before there is a server to connect to. */

import type { Directory } from '../../access/directory.ts';
import type { Log } from '../../base/observe/log.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../core/clock.ts';
import type { NewId } from '../../core/ids.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Accept } from '../../message/intake/accept.ts';
import type { SendRules } from '../../nats/send-email.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { ReadinessBoard } from './readiness.ts';

export type NatsRules = SendRules;

export interface NatsPartDeps extends Pick<Accept, 'accept' | 'refuseSender'> {
  readonly store: Store;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'natsRequest' | 'natsEvents' | 'onNats'>;
  readonly directory: Pick<Directory, 'bySlug'>;
  readonly board: Pick<ReadinessBoard, 'mention' | 'remove'>;
  readonly rules?: NatsRules | undefined;
}

export interface NatsPart {
  /** The configuration is another. */
  follow(): void;
  stop(limitMs: number): Promise<void>;
}

/** Of a door that closes because the configuration is another. */
const CHANGE_MS = 10_000;

export function startNats(deps: NatsPartDeps, config: LiveConfig): NatsPart {
  const { log, board, metrics, directory } = deps;
  let open: { readonly settings: string; readonly end: (limitMs: number) => Promise<void> } | undefined;
  let isUp: boolean | undefined;
  let closing: Promise<void> = Promise.resolve();

  function begin(settings: Config['nats']) {
    const line = { servers: settings.servers };
    const state = (problem: string | undefined) => {
      const wasUp = isUp;
      isUp = problem === undefined;
      board.mention('nats', problem === undefined ? 'ok' : `disconnected: ${problem}`);
      if (isUp) log.info(line, 'the NATS door is open');
      else if (wasUp !== false)
        log.warn({ ...line, reason: problem }, 'NATS cannot be reached; it is tried again and again');
      else log.debug({ ...line, reason: problem }, 'NATS still cannot be reached');
    };
    isUp = undefined;
    board.mention('nats', 'disconnected: it is tried for the first time');
    const before = closing;
    const door = import('../../nats/nats.ts').then(async ({ openNatsDoor }) => {
      await before;
      return openNatsDoor(
        {
          ...deps,
          random: Math.random,
          tenant: () => directory.bySlug(settings.tenant ?? ''),
          onState: state,
        },
        { ...settings, rules: deps.rules },
      );
    });
    return { settings: JSON.stringify(settings), end: async (limitMs: number) => (await door).close(limitMs) };
  }

  function end(limitMs: number): Promise<void> {
    closing = open?.end(limitMs) ?? closing;
    open = undefined;
    return closing;
  }

  function follow(): void {
    const { nats } = config.now();
    if (open?.settings === JSON.stringify(nats)) return;
    end(CHANGE_MS);
    isUp = undefined;
    board.remove('nats');
    if (nats.servers.length > 0) open = begin(nats);
  }

  metrics.onNats(() => (open === undefined ? undefined : isUp === true));
  follow();
  return { follow, stop: end };
}
