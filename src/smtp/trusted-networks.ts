/** Networks whose clients may submit without a login, each as one tenant. */

import ipaddr from 'ipaddr.js';

export interface TrustedNetwork {
  readonly cidr: string;
  /** Slug of the tenant. */
  readonly tenant: string;
}

export interface TrustedNetworks {
  /** The slug that stands for a client at `address`; the first network that holds it decides. */
  tenantOf(address: string): string | undefined;
  /** Others from now on. Throws on a network that is not written as CIDR. */
  replace(networks: readonly TrustedNetwork[]): void;
}

/** Clients whose network is remembered: reading an address costs more than the rest of a connection's start. */
const REMEMBERED = 1_000;

/** Throws on a network that is not written as CIDR. */
export function createTrustedNetworks(networks: readonly TrustedNetwork[]): TrustedNetworks {
  const parse = (all: readonly TrustedNetwork[]) =>
    all.map(({ cidr, tenant }) => ({ range: ipaddr.parseCIDR(cidr), tenant }));
  let ranges = parse(networks);
  const known = new Map<string, string | undefined>();

  const find = (address: string): string | undefined => {
    if (ranges.length === 0 || !ipaddr.isValid(address)) return undefined;
    // An IPv4 client of a dual-stack listener has an IPv4-mapped address; it is meant by its IPv4 network.
    const client = ipaddr.process(address);
    return ranges.find(({ range }) => client.kind() === range[0].kind() && client.match(range))?.tenant;
  };

  return {
    tenantOf(address) {
      if (!known.has(address)) {
        if (known.size >= REMEMBERED) known.clear();
        known.set(address, find(address));
      }
      return known.get(address);
    },
    replace(others) {
      ranges = parse(others);
      known.clear();
    },
  };
}

/** `address` is as smtp-server gives it: without the prefix of an IPv4-mapped one. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
