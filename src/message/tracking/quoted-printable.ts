/** Quoted-printable (RFC 2045 §6.7), over text that holds one byte a character. */

const MAX_LINE = 76;

export function decodeQuotedPrintable(text: string): string {
  const lines = text.split('\r\n').map(withoutBlanks);
  return lines
    .join('\r\n')
    .replace(/=(?:\r\n|([0-9A-Fa-f]{2}))/g, (_, hex?: string) =>
      hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16)),
    );
}

/** Those at the end of a line were added on the way. */
function withoutBlanks(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  return line.slice(0, end);
}

export function encodeQuotedPrintable(text: string): string {
  return text.split('\r\n').map(encodeLine).join('\r\n');
}

function encodeLine(line: string): string {
  const lines: string[] = [];
  let now = '';
  for (let at = 0; at < line.length; at += 1) {
    const isLast = at === line.length - 1;
    const piece = encodeCharacter(line.charCodeAt(at), isLast);
    // Room for the equals sign that says that the line goes on.
    if (now.length + piece.length > MAX_LINE - (isLast ? 0 : 1)) {
      lines.push(`${now}=`);
      now = '';
    }
    now += piece;
  }
  return [...lines, now].join('\r\n');
}

/** A blank at the end of a line would be lost on the way. */
function encodeCharacter(code: number, isLast: boolean): string {
  const isBlank = code === 0x20 || code === 0x09;
  if (isBlank ? !isLast : code > 0x20 && code < 0x7f && code !== 0x3d) return String.fromCharCode(code);
  return `=${code.toString(16).toUpperCase().padStart(2, '0')}`;
}
