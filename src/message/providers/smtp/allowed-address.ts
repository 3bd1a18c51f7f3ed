/** Where a server is that a tenant named: what its name leads to is looked at, and just that address is connected to. */

import { isIP } from 'node:net';
import { createAddressPolicy } from '../../../base/net/address-policy.ts';
import { createLookup, type Lookup } from '../../../base/net/resolve.ts';

const systemLookup = createLookup();

/** The first of its addresses that may be connected to. Rejects with an error that says why none of them may. */
export async function allowedAddress(
  host: string,
  allowNetworks: readonly string[],
  lookup: Lookup = systemLookup,
): Promise<string> {
  const policy = createAddressPolicy(allowNetworks);
  const found = isIP(host) === 0 ? (await lookup(host)).map(({ address }) => address) : [host];
  const allowed = found.find((address) => policy(address) === undefined);
  if (allowed !== undefined) return allowed;
  const [first] = found;
  const reason = first === undefined ? 'its name has no address' : policy(first);
  throw Object.assign(new Error(`${host} is not connected to: ${reason}`), { code: 'ECONNECTION' });
}
