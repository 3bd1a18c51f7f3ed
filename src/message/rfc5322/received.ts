/** The `Received` field (RFC 5321 §4.4) that says when, how and from whom a message came in. */

export interface Arrival {
  /** Our own host name. */
  readonly by: string;
  /** How it came: `ESMTPSA`, `SMTP`… (RFC 3848), or `local`. */
  readonly protocol: string;
  /** Who brought it; absent where it did not come over a network. */
  readonly client?: { readonly helo: string; readonly address: string };
}

/** What a client says of itself may hold anything; these cannot end the field, open a comment or fold it. */
const NOT_OF_A_NAME = /[^\w.:[\]-]/g;

export function receivedField(message: { id: string; now: number; arrival: Arrival }): string {
  const { by, protocol, client } = message.arrival;
  const from = client && `from ${client.helo.replace(NOT_OF_A_NAME, '?')} (${literal(client.address)})\r\n\t`;
  return `Received: ${from ?? ''}by ${by} with ${protocol} id ${message.id};\r\n\t${formatDate(message.now)}\r\n`;
}

function literal(address: string): string {
  return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;
}

/** RFC 5322 §3.3, in UTC. */
export function formatDate(epochMs: number): string {
  return new Date(epochMs).toUTCString().replace('GMT', '+0000');
}
