/** Why there is no answer, in words that may be shown to a tenant: they name no address, which node's messages do. */

const reasons: Readonly<Record<string, string>> = {
  ABORT_ERR: 'it was broken off',
  EAI_AGAIN: 'the name could not be looked up',
  EBUSY: 'the name could not be looked up',
  ECANCELLED: 'the name could not be looked up',
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was reset',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  EPIPE: 'the connection was closed while the request was sent',
  ESERVFAIL: 'the name servers of the name do not answer',
  ETIMEDOUT: 'the connection timed out',
  ETIMEOUT: 'the name servers of the name do not answer',
  HPE_HEADER_OVERFLOW: 'the header of the answer is too long',
};

/** DNS knows no address of the name. */
export function isUnknownName(error: unknown): boolean {
  return ['ENODATA', 'ENOTFOUND', 'EBADNAME'].includes(String((error as { code?: unknown }).code));
}

const MAX_REASON_LENGTH = 200;

export function reasonOf(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  const { code, name, message = '' } = first as { code?: unknown; name?: unknown; message?: string };
  if (typeof code === 'string') {
    const known = reasons[code];
    if (known !== undefined) return known;
    if (code.startsWith('HPE_')) return 'the answer is not HTTP';
    if (isOfTls(code)) return `the TLS connection failed: ${code}`;
    return `the request failed: ${code}`;
  }
  if (name === 'AbortError') return 'it was broken off';
  return message.slice(0, MAX_REASON_LENGTH);
}

function isOfTls(code: string): boolean {
  return /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/.test(code);
}
