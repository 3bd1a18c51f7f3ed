/**
 * HTTP to others: connections that are kept, a limit of time for each phase and of bytes for the answer, and of a request that
 * failed whether it had left whole, for then the other side may have done what it asks. No redirect is followed and nothing is
 * tried twice here.
 *
 * It is made of `node:http` and its agent, and not of undici's Pool. The undici inside Node cannot be imported; the package makes
 * the program 770 KB larger, takes three times as long to load as `node:https`, which is there anyway, and changed with its last
 * major version how it tells that a body was sent. What it has beside, HTTP/2 and pipelining, no service that is asked here needs.
 */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { getCACertificates } from 'node:tls';
import type { ResolvedAddress } from './resolve.ts';

export interface HttpRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | { readonly stream: Readable; readonly size: number };
  /** For all of it, from the name's lookup to the last byte of the answer. Absent: the limits of the phases suffice. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface HttpHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer extends HttpHead {
  readonly body: Uint8Array;
  /** There was more than `maxBytes`, which was not read. */
  readonly truncated: boolean;
}

export interface HttpClient {
  /** The whole answer, of a body of at most `maxBytes`. */
  ask(url: URL, request: HttpRequest & { readonly maxBytes: number }): Promise<HttpAnswer>;
  /**
   * The answer with its body still to be read, to its end or until it is destroyed. A success comes once the whole request has
   * left; a refusal may come before, and then says why.
   */
  open(url: URL, request: HttpRequest): Promise<IncomingMessage>;
  /** Closes the connections that are kept. */
  close(): void;
}

/** `lookup`: the name is resolved and judged. `connect`: also TLS. `send`: until the last byte has left. */
export type HttpPhase = 'lookup' | 'connect' | 'send' | 'answer' | 'body';

/** No answer came, or not all of it. `cause` says why. */
export class HttpFailure extends Error {
  readonly phase: HttpPhase;
  /** The whole request had been given to the system: the other side may have acted on it. */
  readonly hasLeft: boolean;
  /** `timeoutMs` was over. */
  readonly isLate: boolean;
  /** Of an answer whose body did not come to its end. */
  readonly head?: HttpHead;

  constructor(input: { phase: HttpPhase; hasLeft: boolean; isLate: boolean; cause: unknown; head?: HttpHead }) {
    super(input.cause instanceof Error ? input.cause.message : String(input.cause), { cause: input.cause });
    this.phase = input.phase;
    this.hasLeft = input.hasLeft;
    this.isLate = input.isLate;
    if (input.head) this.head = input.head;
  }
}

/** Silence of the other side after which a phase has failed. Absent: it may last. */
export interface HttpLimits {
  readonly connectMs?: number;
  readonly sendMs?: number;
  readonly answerMs?: number;
  readonly bodyMs?: number;
}

export interface HttpClientOptions {
  readonly limits?: HttpLimits;
  /** At once to one host; further requests wait. */
  readonly maxConnections?: number;
  /** A connection that nobody used for so long is closed; absent: the other side closes it, perhaps under a request. */
  readonly idleMs?: number;
  /** PEM of an authority to trust beside the system's. */
  readonly ca?: string | undefined;
  /**
   * For URLs that strangers choose: the addresses of a name that may be connected to, and no others are. Rejects where there is
   * none. Nothing is kept then, because a connection that stands was made to an address that was judged for another request.
   */
  readonly guard?: (hostname: string) => Promise<readonly ResolvedAddress[]>;
}

const MAX_CONNECTIONS = 20;
const MAX_HEADER_BYTES = 16 * 1024;

type Options = RequestOptions & { servername?: string; rejectUnauthorized: boolean; ca?: string[] };

/** One request on its way. */
interface Course {
  phase: HttpPhase;
  readonly limits: HttpLimits;
  readonly signal: AbortSignal | undefined;
  readonly deadline: AbortSignal | undefined;
  hasLeft(): boolean;
  breakOff(why?: Error): void;
}

export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const { limits = {}, guard, maxConnections = MAX_CONNECTIONS, idleMs } = options;
  const trusted = options.ca === undefined ? undefined : [...getCACertificates('default'), options.ca];
  const kept = { keepAlive: true, maxSockets: maxConnections, ...(idleMs !== undefined && { timeout: idleMs }) };
  const agents = guard ? undefined : { http: new HttpAgent(kept), https: new HttpsAgent(kept) };
  const agentFor = (url: URL): HttpAgent | false => (agents ? (isTls(url) ? agents.https : agents.http) : false);

  const begin = async (url: URL, request: HttpRequest): Promise<{ incoming: IncomingMessage; course: Course }> => {
    const deadline = request.timeoutMs === undefined ? undefined : AbortSignal.timeout(request.timeoutMs);
    const signals = [deadline, request.signal].filter((signal) => signal !== undefined);
    const course: Course = {
      phase: guard ? 'lookup' : 'connect',
      ...{ limits, deadline, hasLeft: () => false, breakOff: () => undefined },
      signal: signals.length > 0 ? AbortSignal.any(signals) : undefined,
    };
    try {
      const addresses = await abortable(guard?.(hostnameOf(url)), course.signal);
      course.phase = 'connect';
      const how = { agent: agentFor(url), trusted, addresses };
      return { incoming: await exchange({ url, request, course, ...how }), course };
    } catch (cause) {
      if (isStream(request.body)) request.body.stream.destroy();
      throw failureOf(cause, course);
    }
  };

  return {
    async ask(url, { maxBytes, ...request }) {
      const { incoming, course } = await begin(url, request);
      let isWhole = false;
      try {
        const answer = await whole(incoming, maxBytes);
        isWhole = !answer.truncated && course.hasLeft();
        return answer;
      } catch (cause) {
        throw failureOf(cause, course, headOf(incoming));
      } finally {
        if (guard || !isWhole) course.breakOff();
      }
    },
    open: async (url, request) => (await begin(url, request)).incoming,
    close() {
      agents?.http.destroy();
      agents?.https.destroy();
    },
  };
}

function failureOf(cause: unknown, { phase, hasLeft, deadline }: Course, head?: HttpHead): HttpFailure {
  return new HttpFailure({
    phase,
    hasLeft: hasLeft(),
    isLate: deadline?.aborted === true,
    cause,
    ...(head && { head }),
  });
}

function headOf({ statusCode = 0, headers }: IncomingMessage): HttpHead {
  return {
    status: statusCode,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  };
}

function isTls(url: URL): boolean {
  return url.protocol === 'https:';
}

/** Without the brackets of an IPv6 address. */
function hostnameOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

async function exchange(input: {
  readonly url: URL;
  readonly request: HttpRequest;
  readonly course: Course;
  readonly agent: HttpAgent | false;
  readonly addresses: readonly ResolvedAddress[] | undefined;
  readonly trusted: string[] | undefined;
}): Promise<IncomingMessage> {
  const { url, request, course, agent, addresses, trusted } = input;
  const { method, headers, body } = request;
  const options: Options = {
    ...{ method, agent, maxHeaderSize: MAX_HEADER_BYTES, rejectUnauthorized: true },
    headers: { ...headers, ...(body !== undefined && { 'content-length': String(sizeOf(body)) }) },
    ...(addresses && { lookup: givenAddresses(addresses) }),
    ...(course.signal && { signal: course.signal }),
    ...(trusted && { ca: trusted }),
    ...(isIP(url.hostname) === 0 &&
      url.hostname.endsWith('.') && { servername: url.hostname.replace(/(?<!\.)\.+$/, '') }),
  };
  const outgoing = (isTls(url) ? httpsRequest : httpRequest)(url, options);
  course.hasLeft = () => outgoing.writableFinished;
  course.breakOff = (why) => {
    incoming?.destroy(why);
    outgoing.destroy(why);
  };
  let incoming: IncomingMessage | undefined;
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
    // Why a body cannot be read says more than that the connection was given up over it.
    if (isStream(body)) body.stream.once('error', reject);
    outgoing.on('close', () => reject(new Error('the connection was closed without an answer')));
  });
  outgoing.once('socket', (socket) => {
    const enter = (phase: HttpPhase) => {
      course.phase = phase;
      socket.setTimeout(silenceMs(course) ?? 0);
    };
    const stopListening = onSilence(socket, () =>
      course.breakOff(new Error(`it was silent for ${(silenceMs(course) ?? 0) / 1_000} s`)),
    );
    outgoing.once('close', stopListening);
    enter(outgoing.reusedSocket ? 'send' : 'connect');
    if (!outgoing.reusedSocket) socket.once(isTls(url) ? 'secureConnect' : 'connect', () => enter('send'));
    outgoing.once('finish', () => {
      if (course.phase !== 'body') enter('answer');
    });
    outgoing.once('response', () => enter('body'));
  });
  const sent = send(outgoing, body);
  incoming = await answered;
  const isRefusal = (incoming.statusCode ?? 0) >= 300;
  if (!isRefusal) await sent;
  return incoming;
}

/** Resolves when all has left or no more of it will; what went wrong shows at the answer. */
async function send(outgoing: ReturnType<typeof httpRequest>, body: HttpRequest['body']): Promise<void> {
  if (isStream(body)) return pipeline(body.stream, outgoing).catch(() => undefined);
  outgoing.end(body);
}

function isStream(body: HttpRequest['body']): body is { readonly stream: Readable; readonly size: number } {
  return typeof body === 'object' && 'stream' in body;
}

function sizeOf(body: Exclude<HttpRequest['body'], undefined>): number {
  return isStream(body) ? body.size : Buffer.byteLength(body);
}

function silenceMs({ phase, limits }: Course): number | undefined {
  if (phase === 'connect') return limits.connectMs;
  if (phase === 'send') return limits.sendMs;
  return phase === 'answer' ? limits.answerMs : limits.bodyMs;
}

/** After a pause of this process timers run before what arrived meanwhile is read: that is read first. */
function onSilence(socket: Socket, act: () => void): () => void {
  const listener = () => {
    const { bytesRead } = socket;
    setImmediate(() => {
      if (socket.bytesRead === bytesRead) act();
    });
  };
  socket.on('timeout', listener);
  return () => void socket.off('timeout', listener);
}

/** To node's net: the judged addresses whatever the name, in the form that it asks for. */
function givenAddresses(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, { all }, answer) => {
    const [first] = addresses;
    if (all) answer(null, [...addresses]);
    else answer(null, first?.address ?? '', first?.family);
  };
}

function whole(incoming: IncomingMessage, maxBytes: number): Promise<HttpAnswer> {
  return new Promise((settle, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (truncated: boolean) => {
      settle({
        ...headOf(incoming),
        body: Buffer.concat(chunks).subarray(0, maxBytes),
        truncated,
      });
    };
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > maxBytes) finish(true);
    });
    incoming.on('end', () => finish(false));
    incoming.on('error', reject);
    incoming.on('close', () => reject(new Error('the connection was closed in the middle of the answer')));
  });
}

/** Ends the waiting, not the work: a lookup of the system cannot be broken off. */
function abortable<T>(work: Promise<T> | undefined, signal: AbortSignal | undefined): Promise<T | undefined> {
  signal?.throwIfAborted();
  if (!work || !signal) return Promise.resolve(work);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
