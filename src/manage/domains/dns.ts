/** What DNS says of a name. That it says nothing is an answer; that it could not be asked is another. */

import { Resolver } from 'node:dns/promises';
import type { Clock } from '../../core/clock.ts';

export type DnsAnswer =
  | { readonly kind: 'found'; readonly values: readonly string[] }
  | { readonly kind: 'none' }
  /** No answer, or one that says nothing about the name. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface Dns {
  /** Each record as one text, however many strings it was cut into. */
  txt(name: string): Promise<DnsAnswer>;
  /** In lower case, without the final dot. */
  cname(name: string): Promise<DnsAnswer>;
  mx(name: string): Promise<DnsAnswer>;
}

export interface DnsOptions {
  /** `192.0.2.1`, `192.0.2.1:53` or `[2001:db8::1]:53`; the system's where there is none. */
  readonly servers: readonly string[];
}

/** One try, and how often it is made; c-ares waits longer for the second. */
const TIMEOUT_MS = 2_000;
const TRIES = 2;
/** All questions of one look together. */
const LOOK_MS = 12_000;

/** Answers questions for one look at a domain, and gives up on all that are open when its time is over. */
export type OpenDns = () => Dns & { close(): void };

export function createDns({ clock }: { readonly clock: Pick<Clock, 'after'> }, { servers }: DnsOptions): OpenDns {
  return () => {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers.length > 0) resolver.setServers(servers);
    const stop = clock.after(LOOK_MS, () => resolver.cancel());
    return {
      txt: (name) => answer(async () => (await resolver.resolveTxt(name)).map((strings) => strings.join(''))),
      cname: (name) => answer(async () => (await resolver.resolveCname(name)).map(bareName)),
      mx: (name) => answer(async () => (await resolver.resolveMx(name)).map(({ exchange }) => bareName(exchange))),
      close: stop,
    };
  };
}

async function answer(ask: () => Promise<readonly string[]>): Promise<DnsAnswer> {
  try {
    const values = await ask();
    return values.length > 0 ? { kind: 'found', values } : { kind: 'none' };
  } catch (error) {
    if (!isDnsError(error)) throw error;
    const { code } = error;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return { kind: 'none' };
    return { kind: 'failed', reason: reasons[code] ?? `the question failed (${code})` };
  }
}

/** As the resolver makes them: `syscall` is `queryTxt` and the like. */
function isDnsError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && 'syscall' in error && /^query/.test(String(error.syscall));
}

const reasons: Readonly<Record<string, string>> = {
  ETIMEOUT: 'the name server did not answer in time',
  ECANCELLED: 'the name server did not answer in time',
  ESERVFAIL: 'the name server could not find out (SERVFAIL)',
  EREFUSED: 'the name server refuses to answer',
  ECONNREFUSED: 'no name server can be reached',
  EBADRESP: 'the name server’s answer cannot be read',
  EFORMERR: 'the name server did not understand the question',
  ENOTIMP: 'the name server does not answer such questions',
  EBADNAME: 'the name is not one that DNS knows',
};

export function bareName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
