/**
 * The books of a trial: every message has a token that no other has; a client writes down what it was told, the sink
 * what it got. Lost is what was acknowledged and never arrived: the one thing that must not be.
 */

/** What became of a message, as its client saw it. */
export type Acknowledgement =
  | { readonly kind: 'acknowledged'; readonly messageId: string }
  /** A definite no; the client keeps the message. */
  | { readonly kind: 'refused'; readonly door: LoadDoor; readonly code: number }
  /** The connection ended before an answer: either is allowed. */
  | { readonly kind: 'unanswered' }
  /** Nothing came within the client's patience, which no fault allows for. */
  | { readonly kind: 'hung' };

export type LoadDoor = 'smtp' | 'http';

export interface Tally {
  readonly acknowledged: number;
  /** Distinct messages that reached the sink. */
  readonly delivered: number;
  /** Copies beyond the first: at-least-once delivery has them after a crash. */
  readonly duplicates: number;
  readonly lost: number;
  /** Arrived, but not as they were sent. */
  readonly damaged: number;
  readonly refused: number;
  /** Refused, and yet delivered: the client, who sends it again, causes a second copy. */
  readonly refusedDelivered: number;
  readonly unanswered: number;
  readonly hung: number;
}

export interface Ledger {
  token(): string;
  answer(token: string, answer: Acknowledgement): void;
  arrived(bytes: Buffer): void;
  tally(): Tally;
  /** Tokens that were acknowledged and have not arrived. */
  missing(): string[];
  /** Ids by the token of what was acknowledged. */
  acknowledged(): ReadonlyMap<string, string>;
  /** Refusals so far by door and code, as `smtp 451`. */
  refusals(): ReadonlyMap<string, number>;
}

export function createLedger(name: string): Ledger {
  const acknowledged = new Map<string, string>();
  const refused = new Set<string>();
  const refusals = new Map<string, number>();
  const copies = new Map<string, number>();
  let [serial, damaged, unanswered, hung] = [0, 0, 0, 0];

  const missing = () => [...acknowledged.keys()].filter((token) => !copies.has(token));
  return {
    token() {
      serial += 1;
      return `${name}-${serial.toString().padStart(7, '0')}`;
    },
    answer(token, answer) {
      if (answer.kind === 'acknowledged') acknowledged.set(token, answer.messageId);
      else if (answer.kind === 'refused') {
        refused.add(token);
        const key = `${answer.door} ${answer.code}`;
        refusals.set(key, (refusals.get(key) ?? 0) + 1);
      } else if (answer.kind === 'hung') hung += 1;
      else unanswered += 1;
    },
    arrived(bytes) {
      const token = readText(bytes.toString('latin1'));
      if (token === undefined) damaged += 1;
      else copies.set(token, (copies.get(token) ?? 0) + 1);
    },
    missing,
    acknowledged: () => acknowledged,
    refusals: () => refusals,
    tally: () => ({
      acknowledged: acknowledged.size,
      delivered: copies.size,
      duplicates: [...copies.values()].reduce((sum, count) => sum + count - 1, 0),
      lost: missing().length,
      damaged,
      refused: refused.size,
      refusedDelivered: [...refused].filter((token) => copies.has(token)).length,
      unanswered,
      hung,
    }),
  };
}

/** Lines that no transfer encoding changes, the token on each, so that a cut or mixed-up message shows. */
export function textOf(token: string, lines: number): string {
  return `${Array.from({ length: lines }, (_, index) => `line ${index + 1} of ${lines} of ${token}`).join('\r\n')}\r\n`;
}

/** The token of a message that is whole; undefined when it is not. */
function readText(message: string): string | undefined {
  const [, lines = '', token = ''] = /^line 1 of (\d+) of (\S+)\r$/m.exec(message) ?? [];
  return token !== '' && message.includes(textOf(token, Number(lines))) ? token : undefined;
}
