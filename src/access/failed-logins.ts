/**
 * What a wrong key costs its caller: after a few, each answer comes later than the one before; after more, none
 * is looked at for a while. Memory is bounded, and so is the number of answers held back.
 */

import ipaddr from 'ipaddr.js';
import type { Clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';

export interface FailedLogins {
  /** Refuses with `too_many_failed_logins` while this source is shut out. */
  check(source: string): void;
  /** Counts a failure, holds the answer back, and resolves to the refusal to give. */
  failed(source: string): Promise<IepError>;
  succeeded(source: string): void;
}

interface Record {
  failures: number;
  /** Monotonic ms. */
  lastAt: number;
}

/** Failures answered at once: a person who mistypes, a deployment with yesterday's key. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 4_000;
const MAX_FAILURES = 10;
const SHUT_OUT_MS = 5 * 60_000;
/** A source that was quiet for this long starts anew. */
const FORGET_AFTER_MS = 15 * 60_000;
const MAX_SOURCES = 10_000;
/** Answers held back at once; past that, a caller that fails is told at once to come back later. */
const MAX_HELD_BACK = 256;

export interface FailedLoginsOptions {
  /** Failures that are answered at once. */
  readonly free?: number;
  /** After how many none is looked at for a while; infinite: only later and later. */
  readonly max?: number;
}

export function createFailedLogins(
  deps: { clock: Pick<Clock, 'monotonic' | 'after'> },
  { free = FREE_FAILURES, max = MAX_FAILURES }: FailedLoginsOptions = {},
): FailedLogins {
  /** Oldest failure first. */
  const records = new Map<string, Record>();
  let heldBack = 0;

  function find(source: string): Record | undefined {
    const record = records.get(source);
    if (record === undefined) return undefined;
    const limit = record.failures >= max ? SHUT_OUT_MS : FORGET_AFTER_MS;
    if (deps.clock.monotonic() - record.lastAt < limit) return record;
    records.delete(source);
    return undefined;
  }

  function count(source: string): Record {
    const record = find(source) ?? { failures: 0, lastAt: 0 };
    record.failures += 1;
    record.lastAt = deps.clock.monotonic();
    records.delete(source);
    records.set(source, record);
    const [oldest] = records.keys();
    if (records.size > MAX_SOURCES && oldest !== undefined) records.delete(oldest);
    return record;
  }

  function shutOut(record: Record): IepError {
    const waitMs = Math.max(1_000, record.lastAt + SHUT_OUT_MS - deps.clock.monotonic());
    return new IepError('too_many_failed_logins', undefined, { retryAfterMs: waitMs });
  }

  async function holdBack(delayMs: number): Promise<void> {
    heldBack += 1;
    await new Promise<void>((resolve) => {
      deps.clock.after(delayMs, resolve);
    });
    heldBack -= 1;
  }

  return {
    check(source) {
      const record = find(source);
      if (record !== undefined && record.failures >= max) throw shutOut(record);
    },
    async failed(source) {
      const record = count(source);
      const { failures } = record;
      if (failures >= max) return shutOut(record);
      if (failures > free) {
        if (heldBack >= MAX_HELD_BACK) return shutOut(record);
        await holdBack(Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - free - 1, 10)));
      }
      return new IepError('unauthorized');
    },
    succeeded(source) {
      records.delete(source);
    },
  };
}

/** The part of an address that one party holds: an IPv6 host has a /64 (RFC 6177), so single addresses say nothing. */
export function sourceOf(address: string): string {
  return networkOf(address, 64);
}

/** The part that one customer of a network may hold: an IPv6 site has up to a /48 (RFC 6177), which is 65,536 sources. */
export function siteOf(address: string): string {
  return networkOf(address, 48);
}

/** An IPv4 address as it is, of an IPv6 one the first bits. */
function networkOf(address: string, bits: 48 | 64): string {
  if (!ipaddr.isValid(address)) return address;
  const ip = ipaddr.process(address);
  if (ip instanceof ipaddr.IPv4) return ip.toString();
  const parts = ip.parts.slice(0, bits / 16).map((part) => part.toString(16));
  return `${parts.join(':')}::/${bits}`;
}
