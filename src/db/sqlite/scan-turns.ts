/**
 * Shares one thread among the scans of many tenants. Tenants come in turn; a turn is a few milliseconds. What has just been
 * asked is looked at once before the tenant's older scan goes on, so that a short question never waits for a long one;
 * of the long ones each tenant has one under way, and the others wait for it. A scan whose caller has left is dropped.
 */

import type { VerbResult } from './engine.ts';
import type { Pieces } from './verb.ts';

export interface Scan {
  readonly id: number;
  /** Empty: the operator's. */
  readonly tenant: string;
  readonly begin: () => Pieces<unknown>;
}

export interface ScanTurns {
  add(scan: Scan): void;
  drop(id: number): void;
}

export interface TurnsDeps {
  readonly answer: (id: number, answer: VerbResult) => void;
  /** Calls back after others had a chance to be heard. */
  readonly later: (next: () => void) => void;
  /** Milliseconds, from any start. */
  readonly now: () => number;
}

interface Waiting {
  readonly id: number;
  readonly pieces: Pieces<unknown>;
}

interface Line {
  readonly fresh: Scan[];
  /** The first of them is under way. */
  readonly long: Waiting[];
}

/** How long one scan goes on in one turn. */
const TURN_MS = 5;

export function createScanTurns({ answer, later, now }: TurnsDeps): ScanTurns {
  /** By tenant; the first has the next turn. */
  const lines = new Map<string, Line>();
  let isRunning = false;

  function turn(): void {
    const [next] = lines;
    if (next === undefined) {
      isRunning = false;
      return;
    }
    const [tenant, line] = next;
    lines.delete(tenant);
    const fresh = line.fresh.shift();
    const [older] = line.long;
    if (fresh !== undefined) start(fresh, line);
    if (older !== undefined && isOver(older)) line.long.shift();
    if (line.fresh.length + line.long.length > 0) lines.set(tenant, line);
    later(turn);
  }

  function start({ id, begin }: Scan, line: Line): void {
    try {
      const scan = { id, pieces: begin() };
      if (!isOver(scan)) line.long.push(scan);
    } catch (error) {
      answer(id, { ok: false, error });
    }
  }

  /** One turn of a scan; answers its caller when it has come to its end. */
  function isOver({ id, pieces }: Waiting): boolean {
    const endAt = now() + TURN_MS;
    try {
      do {
        const { done, value } = pieces.next();
        if (!done) continue;
        answer(id, { ok: true, value });
        return true;
      } while (now() < endAt);
      return false;
    } catch (error) {
      answer(id, { ok: false, error });
      return true;
    }
  }

  return {
    add(scan) {
      const line = lines.get(scan.tenant) ?? { fresh: [], long: [] };
      line.fresh.push(scan);
      lines.set(scan.tenant, line);
      if (isRunning) return;
      isRunning = true;
      later(turn);
    },
    drop(id) {
      for (const { fresh, long } of lines.values()) {
        const unasked = fresh.findIndex((scan) => scan.id === id);
        if (unasked !== -1) fresh.splice(unasked, 1);
        const underWay = long.findIndex((scan) => scan.id === id);
        if (underWay !== -1) long.splice(underWay, 1);
      }
    },
  };
}
