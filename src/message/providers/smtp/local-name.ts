/**
 * What EHLO calls this machine (RFC 5321 §4.1.1.1): a name that DNS may know, else an address literal. Large receivers
 * refuse `localhost` and `[127.0.0.1]`, which is all that a container knows of itself.
 */

import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/** The first of these that is a name with a dot or an address; undefined: the connection's own address has to do. */
export function localNameOf(names: readonly (string | undefined)[]): string | undefined {
  const found = [...names, hostname()].find((name) => name !== undefined && isUsable(name));
  return found === undefined || isIP(found) === 0 ? found : addressLiteral(found);
}

/** For a connection that leaves from this address. Over loopback the machine's own address stands in. */
export function literalFor(address: string | undefined): string {
  const isInner = address === undefined || address.startsWith('127.') || address === '::1';
  return addressLiteral((isInner ? outerAddress() : address) ?? '127.0.0.1');
}

function isUsable(name: string): boolean {
  return isIP(name) !== 0 || (name.includes('.') && !/^localhost\b|\.localdomain$|^\./i.test(name));
}

/** RFC 5321 §4.1.3. */
function addressLiteral(address: string): string {
  const plain = address
    .replace(/^::ffff:(?=\d+\.)/i, '')
    .split('%', 1)
    .join();
  return isIP(plain) === 6 ? `[IPv6:${plain}]` : `[${plain}]`;
}

function outerAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
  const outer = addresses.filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (outer.find(({ family }) => family === 'IPv4') ?? outer[0])?.address;
}
