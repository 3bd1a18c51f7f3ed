/**
 * Which network addresses a URL of a tenant may lead to. Public ones; private ones only where the operator lists their
 * network; link-local and metadata addresses never, listed or not: behind those stand the credentials of the host.
 * An IPv6 address that carries an IPv4 one is judged by that too, or a tunnel would be a way around.
 */

import ipaddr from 'ipaddr.js';

/** Undefined: the address may be connected to. Else why not, without the address: the tenant may not know it. */
export type AddressPolicy = (address: string) => string | undefined;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Nobody serves webhooks there; on Linux a connection to 0.0.0.0/8 reaches the host itself. */
const neverRanges: readonly string[] = ['linkLocal', 'unspecified', 'multicast', 'broadcast'];

/** Where clouds tell a host its credentials, besides 169.254.169.254: Alibaba, Azure, Oracle, AWS and Google over IPv6. */
const metadataAddresses = ['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'fd20:ce::254'].map(
  (text) => ipaddr.parse(text).toString(),
);

/** All of IPv6 that is given out for public use (RFC 4291 §2.4). */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Throws on a network that is not written as CIDR. */
export function createAddressPolicy(allowNetworks: readonly string[]): AddressPolicy {
  const networks = allowNetworks.map((cidr) => ipaddr.parseCIDR(cidr));
  const isListed = (address: Address) =>
    networks.some((network) => network[0].kind() === address.kind() && address.match(network));

  return (text) => {
    if (!ipaddr.isValid(text)) return 'what the name leads to is not an address';
    const parsed = ipaddr.parse(text);
    const carried = parsed instanceof ipaddr.IPv6 ? carriedBy(parsed) : [];
    const address = (parsed instanceof ipaddr.IPv6 && sameAs(parsed)) || parsed;
    if ([address, ...carried].some(isNever))
      return 'link-local, metadata and multicast addresses are never connected to';
    if (isListed(address)) return undefined;
    if (isPublic(address) && carried.every(isPublic)) return undefined;
    return 'private and reserved addresses are connected to only where the operator allows their network';
  };
}

function isNever(address: Address): boolean {
  return neverRanges.includes(address.range()) || metadataAddresses.includes(withoutZone(address));
}

function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast);
}

function withoutZone(address: Address): string {
  return address.toString().split('%', 1).join();
}

/** The IPv4 host that is reached where such an address is connected to: IPv4-mapped, or through NAT64 (RFC 6052). */
function sameAs(address: ipaddr.IPv6): ipaddr.IPv4 | undefined {
  const { parts } = address;
  const isMapped = parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff;
  const isNat64 = parts[0] === 0x64 && parts[1] === 0xff9b && parts.slice(2, 6).every((part) => part === 0);
  return isMapped || isNat64 ? ipv4From(parts[6], parts[7]) : undefined;
}

/** IPv4 addresses inside the forms that carry one: a router on the way could unwrap them. */
function carriedBy(address: ipaddr.IPv6): readonly ipaddr.IPv4[] {
  const [p0 = 0, p1 = 0, p2 = 0, p3 = 0, p4 = 0, p5 = 0, p6 = 0, p7 = 0] = address.parts;
  const last = ipv4From(p6, p7);
  // 6to4 (RFC 3056); Teredo with its server and its inverted client (RFC 4380).
  if (p0 === 0x2002) return [ipv4From(p1, p2)];
  if (p0 === 0x2001 && p1 === 0) return [ipv4From(p2, p3), ipv4From(p6 ^ 0xffff, p7 ^ 0xffff)];
  // NAT64 of the site's own prefix (RFC 8215), as /48 and as /96.
  if (p0 === 0x64 && p1 === 0xff9b && p2 === 1) return [ipv4From(p3, ((p4 & 0xff) << 8) | (p5 >> 8)), last];
  // ISATAP (RFC 5214 §6.1).
  if ((p4 === 0 || p4 === 0x0200) && p5 === 0x5efe) return [last];
  // IPv4-compatible (RFC 4291 §2.5.5.1) and IPv4-translated (RFC 2765); `::` and `::1` are none.
  const isLow = p0 === 0 && p1 === 0 && p2 === 0 && p3 === 0;
  if (isLow && ((p4 === 0 && p5 === 0 && p6 !== 0) || (p4 === 0xffff && p5 === 0))) return [last];
  return [];
}

function ipv4From(high = 0, low = 0): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
