/** An address to connect to: loopback for a listener on all addresses. */
export function reachable({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0' || host === '::') return `localhost:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
