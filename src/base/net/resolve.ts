/**
 * Name to addresses. DNS is asked without threads: the system's resolver blocks one of the few threads that the whole
 * process shares, so that some dead name servers of strangers could hold up mail. The system's resolver is asked only for
 * what DNS does not know (the hosts file, search domains, `localhost`), and by few at a time.
 */

import { promises as dns } from 'node:dns';
import { createLimiter } from '../../core/limiter.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Rejects with an error that has a `code` such as `ENOTFOUND`. */
export type Lookup = (hostname: string) => Promise<readonly ResolvedAddress[]>;

const QUERY_TIMEOUT_MS = 2_500;
const QUERY_TRIES = 2;
/** Of the four threads of libuv's pool. */
const MAX_SYSTEM_LOOKUPS = 1;
const MAX_WAITING_LOOKUPS = 100;

/** Answers of DNS after which the system may still know the name. */
const unknownToDns: readonly string[] = ['ENOTFOUND', 'ENODATA', 'ECONNREFUSED', 'EBADNAME'];

/** `servers`: name servers to ask instead of the system's, as `address:port`. */
export function createLookup({ servers }: { readonly servers?: readonly string[] } = {}): Lookup {
  const systemLookup = createSystemLookup();
  return async (hostname) => {
    if (!hostname.replace(/\.$/, '').includes('.')) return systemLookup(hostname);
    const resolver = new dns.Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES });
    if (servers) resolver.setServers(servers);
    const [four, six] = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const found: readonly ResolvedAddress[] = [
      ...(four.status === 'fulfilled' ? four.value : []).map((address) => ({ address, family: 4 as const })),
      ...(six.status === 'fulfilled' ? six.value : []).map((address) => ({ address, family: 6 as const })),
    ];
    if (found.length > 0) return found;
    const failure = four.status === 'rejected' ? four.reason : (six as PromiseRejectedResult).reason;
    if (!unknownToDns.includes(String((failure as { code?: unknown }).code))) throw failure;
    return systemLookup(hostname);
  };
}

/** Callers of one name share its lookup. */
function createSystemLookup(): Lookup {
  const underWay = new Map<string, Promise<readonly ResolvedAddress[]>>();
  const limiter = createLimiter({
    atOnce: MAX_SYSTEM_LOOKUPS,
    waiting: { atOnce: MAX_WAITING_LOOKUPS },
    tooMany: () => Object.assign(new Error('too many lookups'), { code: 'EBUSY' }),
  });
  const ask = async (hostname: string): ReturnType<Lookup> => {
    const found = await dns.lookup(hostname, { all: true, order: 'verbatim' });
    return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
  };

  return (hostname) => {
    const known = underWay.get(hostname);
    if (known) return known;
    const asked = limiter.pass('', () => ask(hostname)).finally(() => underWay.delete(hostname));
    underWay.set(hostname, asked);
    return asked;
  };
}
