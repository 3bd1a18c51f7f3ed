/**
 * One HTTP request to a URL that a stranger chose. The address is checked after the name was resolved, and only checked
 * addresses are connected to, so that a name cannot be changed in between. Redirects are answers. Time, body and header
 * are bounded. Any port is allowed: what matters is whose host it is.
 */

import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { getCACertificates } from 'node:tls';
import { createAddressPolicy } from './address-policy.ts';
import { readUrl } from './read-url.ts';
import { isUnknownName, reasonOf } from './reason.ts';
import { createLookup, type Lookup, type ResolvedAddress } from './resolve.ts';

export interface GuardedRequest {
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** For all of it, from the name's lookup to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of the answer's body; what is beyond is not read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export type GuardedAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      readonly truncated: boolean;
    }
  /** The URL may not be asked; nothing was sent. Trying again would not help. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It was tried, and there is no answer. Reasons name no address. */
  | { readonly kind: 'failed'; readonly reason: string };

export type GuardedFetch = (url: string, request: GuardedRequest) => Promise<GuardedAnswer>;

export interface GuardedFetchOptions {
  /** CIDR of private networks that may be asked. */
  readonly allowNetworks: readonly string[];
  /** PEM of an authority to trust besides the system's. */
  readonly ca?: string | undefined;
}

const MAX_HEADER_BYTES = 16 * 1024;

/** One answer for a name that does not exist and for one that leads inside: it must not tell which names there are inside. */
const nowhere: GuardedAnswer = {
  kind: 'failed',
  reason:
    'the name leads to no address that is asked: it does not exist, or the operator does not allow the private network it leads to',
};

/** Throws on a network that is not written as CIDR. */
export function createGuardedFetch(
  { lookup = createLookup() }: { readonly lookup?: Lookup },
  { allowNetworks, ca }: GuardedFetchOptions,
): GuardedFetch {
  const policy = createAddressPolicy(allowNetworks);
  const trusted = ca === undefined ? undefined : [...getCACertificates('default'), ca];

  return async (text, request) => {
    const target = readUrl(text);
    if ('refused' in target) return { kind: 'refused', reason: target.refused };
    const deadline = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline;
    try {
      const found = await abortable(resolve(target.hostname, lookup), signal);
      const addresses = found.filter(({ address }) => policy(address) === undefined);
      if (addresses.length > 0) return await exchange(target.url, { request, signal, addresses, trusted });
      const [only] = isIP(target.hostname) === 0 ? [] : found;
      return only === undefined ? nowhere : { kind: 'refused', reason: policy(only.address) ?? 'it is not asked' };
    } catch (error) {
      if (isUnknownName(error)) return nowhere;
      if (deadline.aborted) return { kind: 'failed', reason: `no answer within ${request.timeoutMs / 1000} s` };
      return { kind: 'failed', reason: reasonOf(error) };
    }
  };
}

/** Why a URL will be refused whatever its name leads to; undefined when that has to be seen. */
export function createUrlCheck({ allowNetworks }: GuardedFetchOptions): (url: string) => string | undefined {
  const policy = createAddressPolicy(allowNetworks);
  return (text) => {
    const target = readUrl(text);
    if ('refused' in target) return target.refused;
    return isIP(target.hostname) === 0 ? undefined : policy(target.hostname);
  };
}

async function resolve(hostname: string, lookup: Lookup): Promise<readonly ResolvedAddress[]> {
  const family = isIP(hostname);
  return family === 0 ? lookup(hostname) : [{ address: hostname, family: family === 6 ? 6 : 4 }];
}

interface Exchange {
  readonly request: GuardedRequest;
  readonly signal: AbortSignal;
  readonly addresses: readonly ResolvedAddress[];
  readonly trusted: string[] | undefined;
}

function exchange(url: URL, { request, signal, addresses, trusted }: Exchange): Promise<GuardedAnswer> {
  const { method, headers, body, maxBytes } = request;
  const options: RequestOptions & { servername?: string; rejectUnauthorized: boolean; ca?: string[] } = {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
    },
    // A connection of its own: one that stands was made to an address that was checked for another request.
    agent: false,
    lookup: givenAddresses(addresses),
    maxHeaderSize: MAX_HEADER_BYTES,
    rejectUnauthorized: true,
    signal,
    ...(trusted && { ca: trusted }),
    ...(isIP(url.hostname) === 0 &&
      url.hostname.endsWith('.') && { servername: url.hostname.replace(/(?<!\.)\.+$/, '') }),
  };
  return new Promise((settle, reject) => {
    const outgoing = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
    const end = (answer: GuardedAnswer) => {
      settle(answer);
      outgoing.destroy();
    };
    let isAnswered = false;
    outgoing.on('response', (incoming) => {
      isAnswered = true;
      read(incoming, { maxBytes, end, reject });
    });
    outgoing.on('error', reject);
    outgoing.on('close', () => {
      // Where there is a response, its own end decides: the last of a body may come after the request is closed.
      if (!isAnswered) reject(new Error('the connection was closed without an answer'));
    });
    outgoing.end(body);
  });
}

/** To node's net: the checked addresses whatever the name, in the form that it asks for. */
function givenAddresses(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_hostname, { all }, answer) => {
    const [first] = addresses;
    if (all) answer(null, [...addresses]);
    else answer(null, first?.address ?? '', first?.family);
  };
}

interface Reading {
  readonly maxBytes: number;
  readonly end: (answer: GuardedAnswer) => void;
  readonly reject: (error: unknown) => void;
}

function read(incoming: IncomingMessage, { maxBytes, end, reject }: Reading): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const finish = (truncated: boolean) =>
    end({
      kind: 'answered',
      status: incoming.statusCode ?? 0,
      headers: Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])),
      body: Buffer.concat(chunks).subarray(0, maxBytes),
      truncated,
    });
  incoming.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > maxBytes) finish(true);
  });
  incoming.on('end', () => finish(false));
  incoming.on('error', reject);
  incoming.on('close', () => reject(new Error('the connection was closed in the middle of the answer')));
}

/** Ends the waiting, not the work: a lookup of the system cannot be broken off. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
