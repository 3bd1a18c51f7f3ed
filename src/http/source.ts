/** The source of a request: the socket's other end or, where that is a proxy of ours, who the proxy says it was. */

import ipaddr from 'ipaddr.js';
import type { Networks } from '../core/networks.ts';
import type { Context } from './context.ts';

export type SourceOf = (c: Context) => string;

/** Hops looked at; a longer list is somebody's game. */
const MAX_HOPS = 20;

/** `local` for a request that came over no network. */
export function createSourceOf(trustedProxies: () => Networks): SourceOf {
  return (c) => {
    const address = c.env?.incoming?.socket.remoteAddress;
    if (address === undefined) return 'local';
    const proxies = trustedProxies();
    if (!proxies.has(address)) return address;
    return behindProxies(address, c.req.header('x-forwarded-for') ?? '', proxies);
  };
}

/** From the right, because each proxy adds at the end and what stands before may be made up. The first stranger it is. */
function behindProxies(proxy: string, forwarded: string, proxies: Networks): string {
  let source = proxy;
  for (const hop of forwarded.split(',').reverse().slice(0, MAX_HOPS)) {
    const address = addressOf(hop.trim());
    if (address === undefined) return source;
    source = address;
    if (!proxies.has(address)) return source;
  }
  return source;
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressOf(hop: string): string | undefined {
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(hop) ?? [];
  const [, beforePort] = /^([\d.]+):\d+$/.exec(hop) ?? [];
  const address = bracketed ?? beforePort ?? hop;
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : undefined;
}
