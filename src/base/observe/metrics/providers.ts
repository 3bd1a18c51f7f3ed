/** The metrics of providers as they stand. */

import { Gauge, type Registry } from 'prom-client';

export interface ProviderGauges {
  readonly provider: string;
  readonly breaker: 'closed' | 'half_open' | 'open';
  readonly inFlight: number;
  /** What its last health check said; absent where none was made. */
  readonly up?: boolean;
}

export interface ProviderMetrics {
  /** Asked at each scrape. */
  onProviders(read: () => readonly ProviderGauges[]): void;
}

const BREAKER_STATES = { closed: 0, half_open: 1, open: 2 } as const;

export function registerProviders(registers: Registry[]): ProviderMetrics {
  let read: (() => readonly ProviderGauges[]) | undefined;
  const gauge = (name: string, help: string, value: (one: ProviderGauges) => number | undefined) =>
    new Gauge({
      name,
      help,
      labelNames: ['provider'],
      registers,
      collect() {
        this.reset();
        for (const one of read?.() ?? []) {
          const number = value(one);
          if (number !== undefined) this.set({ provider: one.provider }, number);
        }
      },
    });
  gauge('iep_provider_up', 'Whether the last health check found the provider well', ({ up }) =>
    up === undefined ? undefined : Number(up),
  );
  gauge('iep_provider_breaker_state', '0 closed, 1 half open, 2 open', ({ breaker }) => BREAKER_STATES[breaker]);
  gauge('iep_provider_in_flight', 'Messages the provider has now', ({ inFlight }) => inFlight);
  return {
    onProviders(next) {
      read = next;
    },
  };
}
