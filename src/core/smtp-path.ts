/** The argument of MAIL FROM and RCPT TO (RFC 5321 §4.1.2): a path, then parameters. */

export interface SmtpPath {
  /** As it was written, without angle brackets and source route; empty for the null sender. */
  readonly address: string;
  /** What follows the path. */
  readonly parameters: string;
}

/** `@relay.example.com,@other.example.com:`, which is taken and passed over (RFC 5321 appendix C). */
const SOURCE_ROUTE = /^@[^\s,:@"]+(?:,@[^\s,:@"]+)*:/;

/**
 * Reads what stands after the colon. In a quoted local part any character may stand. Angle brackets may be left out, as old
 * programs do. Undefined when the text holds no path.
 */
export function readSmtpPath(text: string): SmtpPath | undefined {
  const path = text.trimStart();
  const isBare = !path.startsWith('<');
  const end = endOfPath(path, isBare);
  if (end === -1) return undefined;
  const address = isBare ? path.slice(0, end) : path.slice(1, end);
  const parameters = path.slice(isBare ? end : end + 1);
  if (/^\S/.test(parameters) || (isBare && address === '')) return undefined;
  return { address: address.replace(SOURCE_ROUTE, ''), parameters };
}

function endOfPath(path: string, isBare: boolean): number {
  let isQuoted = false;
  for (let at = isBare ? 0 : 1; at < path.length; at += 1) {
    const c = path.charAt(at);
    if (c === '"') isQuoted = !isQuoted;
    else if (isQuoted && c === '\\') at += 1;
    else if (isQuoted) continue;
    else if (isBare ? /\s/.test(c) : c === '>') return at;
    else if (c === '<' || c === '>') return -1;
  }
  return isBare && !isQuoted ? path.length : -1;
}
