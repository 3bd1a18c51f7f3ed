/** Networks whose clients may submit without a login, each as one tenant. */

import { createNetworks } from '../core/networks.ts';

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
    all.map(({ cidr, tenant }) => ({ network: createNetworks([cidr]), tenant }));
  let trusted = parse(networks);
  const known = new Map<string, string | undefined>();

  const find = (address: string) => trusted.find(({ network }) => network.has(address))?.tenant;

  return {
    tenantOf(address) {
      if (!known.has(address)) {
        if (known.size >= REMEMBERED) known.clear();
        known.set(address, find(address));
      }
      return known.get(address);
    },
    replace(others) {
      trusted = parse(others);
      known.clear();
    },
  };
}

/** `address` is as smtp-server gives it: without the prefix of an IPv4-mapped one. */
export function isLoopbackAddress(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
