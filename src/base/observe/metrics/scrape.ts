/** What all metrics share: the registry that they stand in, and what is asked of others at each scrape, within a time. */

import { Counter, type Registry } from 'prom-client';
import type { Clock } from '../../../core/clock.ts';
import { withDeadline } from '../../../core/deadline.ts';

/** How long a scrape waits for what the store tells: the other numbers matter most when it is stuck. */
const WAIT_MS = 2_000;

export interface Question<T> {
  /** Undefined where nobody can be asked yet, or the answer failed or did not come in time; gauges that ask at once share one answer. */
  ask(): Promise<T | undefined>;
  readonly answeredBy: (read: () => Promise<T>) => void;
}

export interface Scrape {
  readonly registers: Registry[];
  question<T>(): Question<T>;
}

export function createScrape(registry: Registry, clock: Clock): Scrape {
  const registers = [registry];
  const failures = new Counter({
    name: 'iep_scrape_failures_total',
    help: 'Scrapes that had to leave out what the store did not tell in time',
    registers,
  });
  const late = () => new Error('it did not come in time');
  return {
    registers,
    question<T>(): Question<T> {
      let read: (() => Promise<T>) | undefined;
      let asked: Promise<T | undefined> | undefined;
      return {
        async ask() {
          if (read === undefined) return undefined;
          asked ??= withDeadline(read(), { clock, limitMs: WAIT_MS, late })
            .catch(() => {
              failures.inc();
              return undefined;
            })
            .finally(() => {
              asked = undefined;
            });
          return asked;
        },
        answeredBy(next) {
          read = next;
        },
      };
    },
  };
}
