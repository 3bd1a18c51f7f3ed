/**
 * One HTTP request to a URL that a stranger chose. The address is checked after the name was resolved, and only checked
 * addresses are connected to, so that a name cannot be changed in between. Redirects are answers. Time, body and header
 * are bounded. Any port is allowed: what matters is whose host it is.
 */

import { isIP } from 'node:net';
import { createAddressPolicy } from './address-policy.ts';
import { createHttpClient, type HttpAnswer, HttpFailure } from './http-client.ts';
import { readUrl } from './read-url.ts';
import { isUnknownName, reasonOf } from './reason.ts';
import { createLookup, type Lookup, type ResolvedAddress } from './resolve.ts';

export interface GuardedRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** For all of it, from the name's lookup to the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of the answer's body; more is not read. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export type GuardedAnswer =
  | (HttpAnswer & { readonly kind: 'answered' })
  /** The URL may not be asked; nothing was sent. Trying again would not help. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The call was tried, and no answer came. Reasons name no address. */
  | { readonly kind: 'failed'; readonly reason: string };

export type GuardedFetch = (url: string, request: GuardedRequest) => Promise<GuardedAnswer>;

export interface GuardedFetchOptions {
  /** CIDR of private networks that may be asked. */
  readonly allowNetworks: readonly string[];
  /** PEM of an authority to trust besides the system's. */
  readonly ca?: string | undefined;
}

/** One answer for a name that does not exist and for one that leads inside: it must not tell which names there are inside. */
const nowhere: GuardedAnswer & { readonly kind: 'failed' } = {
  kind: 'failed',
  reason:
    'the name leads to no address that is asked: it does not exist, or the operator does not allow the private network it leads to',
};

/** The name leads to no address that may be connected to. */
class NotAsked extends Error {
  readonly answer: GuardedAnswer;

  constructor(answer: GuardedAnswer & { readonly reason: string }) {
    super(answer.reason);
    this.answer = answer;
  }
}

/** Throws on a network that is not written as CIDR. */
export function createGuardedFetch(
  { lookup = createLookup() }: { readonly lookup?: Lookup },
  { allowNetworks, ca }: GuardedFetchOptions,
): GuardedFetch {
  const policy = createAddressPolicy(allowNetworks);
  const client = createHttpClient({ ca, guard });

  return async (text, request) => {
    const target = readUrl(text);
    if ('refused' in target) return { kind: 'refused', reason: target.refused };
    try {
      return { kind: 'answered', ...(await client.ask(target.url, request)) };
    } catch (failure) {
      const { cause, isLate } = failure instanceof HttpFailure ? failure : { cause: failure, isLate: false };
      if (cause instanceof NotAsked) return cause.answer;
      if (isUnknownName(cause)) return nowhere;
      if (isLate) return { kind: 'failed', reason: `no answer within ${request.timeoutMs / 1000} s` };
      return { kind: 'failed', reason: reasonOf(cause) };
    }
  };

  async function guard(hostname: string): Promise<readonly ResolvedAddress[]> {
    const found = await resolve(hostname, lookup);
    const addresses = found.filter(({ address }) => policy(address) === undefined);
    if (addresses.length > 0) return addresses;
    const [only] = isIP(hostname) === 0 ? [] : found;
    throw new NotAsked(
      only === undefined ? nowhere : { kind: 'refused', reason: policy(only.address) ?? 'it is not asked' },
    );
  }
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
