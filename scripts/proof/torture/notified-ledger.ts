/**
 * The books of notifications. What goes, a mail or a post, is a carrier: it has an id that is the same each time that it comes, and the
 * tokens of all that it tells. A token may come to somebody by one carrier alone; a carrier may come twice where a kill fell between.
 */

export interface Carried {
  /** `Message-ID` of a mail, `webhook-id` of a post. */
  readonly id: string;
  /** Channel and subscriber, as `email sub-3`. */
  readonly to: string;
  readonly tokens: readonly string[];
  /** Any clock, in ms, that the kills are told by too. */
  readonly at: number;
}

/** A delivery as the store tells of it in the end. */
export interface Told {
  readonly token: string;
  readonly to: string;
  readonly status: string;
}

export interface NotifiedTally {
  /** Deliveries that went and arrived. */
  readonly arrived: number;
  /** Told as gone, but they never came. */
  readonly lost: readonly string[];
  /** Without an outcome, or with one that nothing here can cause. */
  readonly open: readonly string[];
  /** Skipped, and yet they came. */
  readonly unwanted: readonly string[];
  /** Came by two carriers, as an item of two digests does. */
  readonly twice: readonly string[];
  /** Came, but the store does not tell of them. */
  readonly untold: readonly string[];
  /** Copies of carriers beyond the first. */
  readonly copies: number;
  /** Those of them for which no kill accounts. */
  readonly unexplained: readonly string[];
}

export interface NotifiedLedger {
  came(carried: Carried): void;
  killed(at: number): void;
  judge(told: readonly Told[]): NotifiedTally;
}

/** What was on the wire when the daemon died arrives this much later at most. */
const ON_THE_WIRE_MS = 1_000;
const GONE = new Set(['sent', 'delivered', 'acknowledged']);
/** What is cancelled may have been on its way. */
const STOPPED = new Set(['skipped', 'cancelled']);

export function createNotifiedLedger(): NotifiedLedger {
  const carriers = new Map<string, number[]>();
  const carriersOf = new Map<string, Set<string>>();
  const kills: number[] = [];

  const isExplained = (first: number, second: number) =>
    kills.some((kill) => kill >= first - ON_THE_WIRE_MS && kill <= second);
  return {
    came({ id, to, tokens, at }) {
      carriers.set(id, [...(carriers.get(id) ?? []), at]);
      for (const token of tokens) {
        const key = `${token} ${to}`;
        carriersOf.set(key, (carriersOf.get(key) ?? new Set()).add(id));
      }
    },
    killed: (at) => void kills.push(at),
    judge(told) {
      const keys = (meant: (status: string) => boolean) =>
        told.filter(({ status }) => meant(status)).map(({ token, to }) => `${token} ${to}`);
      const gone = keys((status) => GONE.has(status));
      const known = new Set(keys(() => true));
      const again = [...carriers].flatMap(([id, times]) =>
        times.slice(1).map((at, n) => ({ id, at, before: times[n] ?? at })),
      );
      return {
        arrived: gone.filter((key) => carriersOf.has(key)).length,
        lost: gone.filter((key) => !carriersOf.has(key)),
        open: told
          .filter(({ status }) => !GONE.has(status) && !STOPPED.has(status))
          .map(({ token, to, status }) => `${token} ${to} is ${status}`),
        unwanted: keys((status) => status === 'skipped').filter((key) => carriersOf.has(key)),
        twice: [...carriersOf].filter(([, ids]) => ids.size > 1).map(([key]) => key),
        untold: [...carriersOf.keys()].filter((key) => !known.has(key)),
        copies: again.length,
        unexplained: again.filter(({ before, at }) => !isExplained(before, at)).map(({ id }) => id),
      };
    },
  };
}
