/**
 * The keys that SNS signs with, fetched as its callbacks name them: from its own hosts alone, by the guarded fetch, kept, and no
 * more at once than a stranger may make us fetch.
 */

import { type KeyObject, X509Certificate } from 'node:crypto';
import type { GuardedFetch } from '../../../base/net/guarded-fetch.ts';

export interface SnsCertificates {
  /** Undefined: it cannot be had now. Rejects never. */
  keyAt(url: URL, now: number): Promise<KeyObject | undefined>;
}

/** SNS has one or two a region at a time. */
const MAX_KEPT = 32;
const MAX_UNDER_WAY = 4;
/** One that could not be had is not asked for again before that. */
const PAUSE_MS = 30_000;
const LIMITS = { timeoutMs: 10_000, maxBytes: 32 * 1024 };

interface Kept {
  readonly key: Promise<KeyObject | undefined>;
  /** Epoch ms; absent while nothing says that it is of no use. */
  until?: number;
}

export function createSnsCertificates(fetch: GuardedFetch): SnsCertificates {
  const kept = new Map<string, Kept>();
  let underWay = 0;

  async function get(url: string): Promise<KeyObject | undefined> {
    underWay += 1;
    try {
      const answer = await fetch(url, { method: 'GET', ...LIMITS });
      if (answer.kind !== 'answered' || answer.status !== 200 || answer.truncated) return undefined;
      return new X509Certificate(answer.body).publicKey;
    } catch {
      return undefined;
    } finally {
      underWay -= 1;
    }
  }

  return {
    async keyAt({ href }, now) {
      const known = kept.get(href);
      if (known && (known.until === undefined || now < known.until)) return known.key;
      if (underWay >= MAX_UNDER_WAY) return undefined;
      const entry: Kept = { key: get(href) };
      kept.set(href, entry);
      // The one that was asked for first goes.
      for (const [old] of kept) if (kept.size > MAX_KEPT) kept.delete(old);
      const key = await entry.key;
      if (key === undefined) entry.until = now + PAUSE_MS;
      return key;
    },
  };
}
