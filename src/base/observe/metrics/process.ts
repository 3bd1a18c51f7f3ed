/** The metrics of the daemon as a process: its version, chores, event loop and log. */

import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, type Registry } from 'prom-client';

export interface ProcessMetrics {
  /** A timed chore came to an end. */
  chore(chore: string, outcome: string): void;
  choreSucceeded(chore: string, at: number): void;
  /** Asked at each scrape: lines of the log that never came out. */
  onLogDropped(read: () => number): void;
  /** Stops the monitor of the event loop. */
  close(): void;
}

/** Sampling period of the event loop's delay. */
const LAG_RESOLUTION_MS = 20;

export function registerProcess(registry: Registry, version: string): ProcessMetrics {
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const chores = new Counter({
    name: 'iep_chore_runs_total',
    help: 'Runs of a timed chore, by how they ended',
    labelNames: ['chore', 'outcome'],
    registers,
  });
  const choreSuccess = new Gauge({
    name: 'iep_chore_last_success_timestamp_seconds',
    help: 'When a timed chore last succeeded, this daemon or one before it',
    labelNames: ['chore'],
    registers,
  });
  new Gauge({
    name: 'iep_build_info',
    help: 'Always 1; the version that runs',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  let readLogDropped = () => 0;
  new Counter({
    name: 'iep_log_lines_dropped_total',
    help: 'Lines of the log that were dropped because the output was full or nobody read it',
    registers,
    collect() {
      this.reset();
      this.inc(readLogDropped());
    },
  });
  const lag = registerLoopLag(registers);
  return {
    chore: (chore, outcome) => chores.inc({ chore, outcome }),
    choreSucceeded: (chore, at) => choreSuccess.set({ chore }, at / 1000),
    onLogDropped(read) {
      readLogDropped = read;
    },
    close: () => lag.disable(),
  };
}

/** Delay of the loop since the last scrape, and the share of that time it was busy. */
function registerLoopLag(registers: Registry[]) {
  const lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });
  lag.enable();
  new Gauge({
    name: 'iep_event_loop_lag_seconds',
    help: 'How late the event loop was since the last scrape',
    labelNames: ['quantile'],
    registers,
    collect() {
      // The histogram counts the sampling period itself; with no sample yet its figures are not numbers.
      const seconds = (nanoseconds: number) =>
        Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - LAG_RESOLUTION_MS / 1000) : 0;
      this.set({ quantile: '0.5' }, seconds(lag.percentile(50)));
      this.set({ quantile: '0.99' }, seconds(lag.percentile(99)));
      this.set({ quantile: '1' }, lag.count === 0 ? 0 : seconds(lag.max));
      lag.reset();
    },
  });
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  new Gauge({
    name: 'iep_event_loop_utilization',
    help: 'Share of the time since the last scrape in which the event loop was busy',
    registers,
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  return lag;
}
