/** Networks, and whether an address lies in one of them. */

import ipaddr from 'ipaddr.js';

export interface Networks {
  has(address: string): boolean;
}

export const noNetworks: Networks = { has: () => false };

/** Throws on what `normalizeNetwork` does not take. */
export function createNetworks(networks: readonly string[]): Networks {
  const ranges = networks.map((network) => asCompared(ipaddr.parseCIDR(network)));
  return {
    has(address) {
      if (ranges.length === 0 || !ipaddr.isValid(address)) return false;
      // An IPv4 client of a dual-stack listener has an IPv4-mapped address; it is meant by its IPv4 network.
      const ip = ipaddr.process(address);
      return ranges.some((range) => ip.kind() === range[0].kind() && ip.match(range));
    },
  };
}

/** Addresses are compared without their mapping, so a network of mapped ones is that of the IPv4 addresses. */
function asCompared([ip, bits]: [ipaddr.IPv4 | ipaddr.IPv6, number]): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const isMapped = ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress() && bits >= 96;
  return isMapped ? [ip.toIPv4Address(), bits - 96] : [ip, bits];
}

/** A network as CIDR, with the bits of the host cleared; an address stands for itself. Undefined: it is neither. */
export function normalizeNetwork(text: string): string | undefined {
  const whole = ipaddr.isValid(text) ? `${text}/${ipaddr.parse(text).kind() === 'ipv4' ? 32 : 128}` : text;
  if (!ipaddr.isValidCIDR(whole) || !/^[^/]+\/\d+$/.test(whole)) return undefined;
  const [ip, bits] = ipaddr.parseCIDR(whole);
  // IPv4 has one spelling of four numbers here; the others that inet_aton(3) takes are mistakes.
  if (ip.kind() === 'ipv4' && !ipaddr.IPv4.isValidFourPartDecimal(whole.split('/')[0] ?? '')) return undefined;
  const base =
    ip.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(whole) : ipaddr.IPv6.networkAddressFromCIDR(whole);
  return `${base.toString()}/${bits}`;
}
