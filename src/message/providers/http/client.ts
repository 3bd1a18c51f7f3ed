/**
 * A vendor's HTTP API, as its provider speaks to it: one request for the recipients of a parcel and the outcome of each, over
 * connections that are kept. A failure is an outcome, never an exception: `unavailable` where the body had not left whole, for
 * then nothing can have been sent; `unknown` where it had and no answer came.
 */

import type { HttpAnswer, HttpClient, HttpFailure } from '../../../base/net/http-client.ts';
import { reasonOf } from '../../../base/net/reason.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Outcome } from '../../../core/outcome.ts';
import { sentence } from '../../../core/sentence.ts';
import type { Stop } from '../../../core/stop.ts';
import type { Health, Parcel, SendResult } from '../provider.ts';
import { oneLine, plainReply } from '../reply.ts';
import { type AnswerTable, type Fault, type Heard, type Judged, judgeAnswer } from './outcomes.ts';

/** What is read of an answer. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** A request is given at least the time it takes at this speed, besides the waiting. */
const SLOWEST_BYTES_PER_SECOND = 16 * 1024;
/** Connecting, sending, the answer and its body. */
const PHASES = 4;
/** Shorter than the servers that are in use keep a connection open: one that closes it under a request may have read that. */
const IDLE_MS = 4_000;

export interface VendorRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Some vendors answer nobody who does not say who he is. */
const USER_AGENT = 'iep';

export interface Handover {
  readonly part: Parcel;
  readonly stop: Stop;
  readonly request: VendorRequest;
  /** The position of the recipient that a fault names; undefined where that cannot be told. */
  readonly namedBy: (fault: Fault) => number | undefined;
  /** What the vendor calls the message that it took. */
  readonly idIn: (heard: Heard) => string | undefined;
}

/** `detail`: a sentence without its beginning, which names the host. */
export type OwnHealth = Pick<Health, 'ok' | 'detail'>;

export interface VendorClient {
  /**
   * Gives no outcome for those who may go again without others that were refused, and none at all where one is and nobody can
   * tell which.
   */
  send(handover: Handover): Promise<SendResult>;
  /** `advice`: what to do where the account is refused. `own`: what the vendor's own answers mean, where the table has them not. */
  look(
    request: VendorRequest,
    told: { readonly advice: string; own?(heard: Heard): OwnHealth | undefined },
  ): Promise<Health>;
  /** Closes idle connections at once and the rest when their requests are done. */
  close(): Promise<void>;
}

type Answered = { readonly heard: Heard } | { readonly failure: HttpFailure };

export function createVendorClient(
  deps: { readonly clock: Clock },
  options: {
    readonly endpoint: URL;
    readonly table: AnswerTable;
    readonly maxConnections: number;
    /** Of silence, in each phase. */
    readonly timeoutMs: number;
    /** Whether a yes whose body broke off is one: the body has nothing that is needed. */
    readonly isYesByStatus: boolean;
  },
): VendorClient {
  const { clock } = deps;
  const { endpoint, table, timeoutMs } = options;
  const load = loader(options);
  const where = endpoint.host;
  const pending = new Set<Promise<unknown>>();
  const closing = new AbortController();

  const ask = ({ method, path, headers, body }: VendorRequest, signal?: AbortSignal): Promise<Answered> => {
    const size = body === undefined ? 0 : Buffer.byteLength(body);
    const asking = answered(load, (http) =>
      http.ask(new URL(path, endpoint), {
        method,
        headers: { 'user-agent': USER_AGENT, ...headers },
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
        maxBytes: MAX_ANSWER_BYTES,
        timeoutMs: Math.ceil(PHASES * timeoutMs + (size / SLOWEST_BYTES_PER_SECOND) * 1_000),
      }),
    );
    pending.add(asking);
    return asking.finally(() => pending.delete(asking));
  };

  return {
    async send(handover) {
      const { part, stop, request } = handover;
      if (stop.begun.aborted) {
        const reply = plainReply(`${where}: not begun before shutdown`);
        return { outcomes: all(part, { kind: 'unavailable', busy: true, retryAfterMs: 0, reply }) };
      }
      const answer = await ask(request, stop.broken);
      const told = 'heard' in answer ? judgeAnswer(answer.heard, table, clock.now()) : ofFailure(answer.failure);
      const id = 'heard' in answer && told.outcome.kind === 'delivered' ? handover.idIn(answer.heard) : undefined;
      const judged = id === undefined && !options.isYesByStatus ? withoutId(told) : told;
      const outcomes = byRecipient(handover, judged);
      const isTaken = judged.outcome.kind === 'delivered';
      return {
        outcomes,
        ...(id !== undefined && { ids: idsOf(outcomes, oneLine(id)) }),
        ...(!isTaken && { transcript: transcriptOf(request, answer) }),
      };
    },

    async look(request, { advice, own }) {
      const startedAt = clock.monotonic();
      const answer = await ask(request, closing.signal);
      const took = Math.round(clock.monotonic() - startedAt);
      const found = 'heard' in answer ? own?.(answer.heard) : undefined;
      if (found) return { ok: found.ok, detail: `${where} ${found.detail}`, ...(!found.ok && { account: true }) };
      const { outcome } = 'heard' in answer ? judgeAnswer(answer.heard, table, clock.now()) : ofFailure(answer.failure);
      if (outcome.kind !== 'delivered' || !('heard' in answer)) {
        const isAccount = outcome.kind === 'unavailable' && outcome.account === true;
        const what = isAccount
          ? advice
          : outcome.reply.code === undefined
            ? UNREACHED
            : 'It may be better in a moment.';
        return { ok: false, detail: `${sentence(said(outcome))} ${what}`, ...(isAccount && { account: true }) };
      }
      return { ok: true, detail: `${where} answered and took the key in ${took} ms.` };
    },

    async close() {
      // Nobody waits any more for how the vendor is.
      closing.abort();
      while (pending.size > 0) await Promise.all(pending);
      await load.close();
    },
  };

  /** Whoever answers a yes without what the vendor calls the message may be somebody else, who read none of it. */
  function withoutId({ outcome, ...rest }: Judged): Judged {
    if (outcome.kind !== 'delivered') return { outcome, ...rest };
    const reply = plainReply(`${where}: the answer has no id of the message: ${outcome.reply.text}`);
    return { ...rest, outcome: { kind: 'unknown', reply } };
  }

  function said({ reply }: Outcome): string {
    return reply.text.startsWith(where) ? reply.text : `${where}: ${reply.text}`;
  }

  function ofFailure(failure: HttpFailure): Judged {
    const { head, hasLeft, phase, isLate } = failure;
    const isHangUp = !isLate && (failure.cause as { message?: unknown }).message === 'socket hang up';
    const cause = isLate ? 'it took too long' : reasonOf(failure.cause);
    const reply = plainReply(
      isHangUp ? `${where} closed the connection${PHASE_WORDS[phase]}` : `${where}: ${cause}${PHASE_WORDS[phase]}`,
    );
    const silent: Outcome = hasLeft ? { kind: 'unknown', reply } : { kind: 'unavailable', reply };
    if (!head) return { outcome: silent, ofRecipients: [] };
    const isYes = head.status >= 200 && head.status < 300;
    if (isYes && !options.isYesByStatus) return { outcome: silent, ofRecipients: [] };
    const judged = judgeAnswer({ ...head, body: '', isWhole: false }, table, clock.now());
    // It was refused, and why is not known.
    if (judged.outcome.kind === 'deferred') return { outcome: { kind: 'unavailable', reply }, ofRecipients: [] };
    return judged;
  }
}

const UNREACHED = 'Check endpoint, and that this machine can reach it.';

const PHASE_WORDS: Readonly<Record<HttpFailure['phase'], string>> = {
  lookup: ' while its name was looked up',
  connect: ' while connecting',
  send: ' before the request had left',
  answer: ' after the request had left, without an answer',
  body: ' in the middle of the answer',
};

interface Loader {
  (): Promise<{ readonly http: HttpClient; readonly isFailure: (error: unknown) => error is HttpFailure }>;
  close(): Promise<void>;
}

/** Who only reads the configuration has no use for what HTTP loads. */
function loader({
  maxConnections,
  timeoutMs,
}: {
  readonly maxConnections: number;
  readonly timeoutMs: number;
}): Loader {
  let loaded: ReturnType<Loader> | undefined;
  const load = () => {
    loaded ??= import('../../../base/net/http-client.ts').then(({ createHttpClient, HttpFailure }) => ({
      http: createHttpClient({
        limits: { connectMs: timeoutMs, sendMs: timeoutMs, answerMs: timeoutMs, bodyMs: timeoutMs },
        ...{ maxConnections, idleMs: IDLE_MS },
      }),
      isFailure: (error) => error instanceof HttpFailure,
    }));
    return loaded;
  };
  return Object.assign(load, { close: async () => (await loaded)?.http.close() });
}

async function answered(load: Loader, ask: (http: HttpClient) => Promise<HttpAnswer>): Promise<Answered> {
  const { http, isFailure } = await load();
  try {
    const { body, truncated, ...head } = await ask(http);
    return { heard: { ...head, body: Buffer.from(body).toString('utf8'), isWhole: !truncated } };
  } catch (error) {
    if (isFailure(error)) return { failure: error };
    throw error;
  }
}

function byRecipient({ part, namedBy }: Handover, { outcome, ofRecipients }: Judged): Map<number, Outcome> {
  const named = new Map<number, Outcome>();
  for (const { fault, outcome: own } of ofRecipients) {
    const position = namedBy(fault);
    if (position !== undefined) named.set(position, own);
  }
  // Those whom nothing is said of may go without the others, unless something is wrong with the message itself.
  const isOfRecipients = ofRecipients.length > 0 && outcome.kind === 'deferred';
  if (isOfRecipients && (named.size > 0 || part.recipients.length > 1)) return named;
  // Refused alone, and not by name: so it is not told that the address is at fault.
  const rest: Outcome = isOfRecipients ? { kind: 'rejected', bounce: 'other', reply: outcome.reply } : outcome;
  return new Map(part.recipients.map(({ position }) => [position, named.get(position) ?? rest]));
}

function idsOf(outcomes: ReadonlyMap<number, Outcome>, id: string): ReadonlyMap<number, string> {
  return new Map([...outcomes].flatMap(([position, { kind }]) => (kind === 'delivered' ? [[position, id]] : [])));
}

/** At most a line each of what was asked and answered; the key stands in the header, which is not in it. */
function transcriptOf({ method, path, body }: VendorRequest, answer: Answered): string {
  const asked = `C: ${method} ${path}${body === undefined ? '' : ` <${Buffer.byteLength(body)} bytes>`}`;
  if ('failure' in answer) return `${asked}\n(${oneLine(answer.failure.message)})`;
  const { status, body: text } = answer.heard;
  return `${asked}\nS: ${oneLine(`${status} ${text}`)}`;
}

function all(part: Parcel, outcome: Outcome): Map<number, Outcome> {
  return new Map(part.recipients.map(({ position }) => [position, outcome]));
}
