/**
 * Writes a composed message out at once, where all of its content is in memory. The same bytes as the composer's own
 * `build`, which runs every part through a chain of streams: measured for a message of text and HTML, 0.24 ms of CPU
 * instead of 0.64 ms.
 */

import * as base64 from 'nodemailer/lib/base64';
import type MimeNode from 'nodemailer/lib/mime-node';
import * as qp from 'nodemailer/lib/qp';

const LINE_LENGTH = 76;
const LF = 0x0a;
/** What stands for itself in quoted-printable (RFC 2045 §6.7), but for `=`, and for white space at the end of a line. */
const PLAIN = /^[\t\n\r\x20-\x7e]*$/;
const TRAILING_SPACE = /[ \t](?=[\r\n]|$)/g;

/** Undefined where a part is a stream: then only `build` or a read stream will do. */
export function assemble(root: MimeNode): Buffer | undefined {
  const pieces: Buffer[] = [];
  if (!append(root, pieces)) return undefined;
  const whole = Buffer.concat(pieces);
  return whole.at(-1) === LF ? whole : Buffer.concat([whole, Buffer.from('\r\n')]);
}

function append(node: MimeNode, pieces: Buffer[]): boolean {
  const { content } = node;
  chooseEncoding(node);
  const encoding = node.getTransferEncoding();
  pieces.push(Buffer.from(`${node.buildHeaders()}\r\n\r\n`));
  if (content) {
    if (typeof content !== 'string' && !Buffer.isBuffer(content)) return false;
    // The composer's encoder treats line ends outside of text in a way of its own.
    if (encoding === 'quoted-printable' && !/^text\//i.test(node.contentType ?? '')) return false;
    pieces.push(encoded(content, encoding));
  }
  if (!node.multipart) return true;

  for (const [index, child] of node.childNodes.entries()) {
    pieces.push(Buffer.from(`${index > 0 ? '\r\n' : ''}--${node.boundary}\r\n`));
    if (!append(child, pieces)) return false;
  }
  pieces.push(Buffer.from(`\r\n--${node.boundary}--\r\n`));
  return true;
}

/** What the composer would choose for long lines of ASCII, where it counts the letters one by one, and does so twice. */
function chooseEncoding(node: MimeNode & { readonly _isPlainText?: boolean; readonly _hasLongLines?: boolean }): void {
  const { content, _isPlainText: isPlain, _hasLongLines: isLong } = node;
  if (!isPlain || !isLong || typeof content !== 'string' || !/^text\//i.test(String(node.getHeader('Content-Type'))))
    return;
  if (/[a-z]/i.test(content) && !node.getHeader('Content-Transfer-Encoding'))
    node.setHeader('Content-Transfer-Encoding', 'quoted-printable');
}

function encoded(content: string | Buffer, encoding: string | false): Buffer {
  if (encoding === 'base64') return Buffer.from(base64.wrap(base64.encode(content), LINE_LENGTH), 'latin1');
  if (encoding === 'quoted-printable') return Buffer.from(qp.wrap(quoted(content), LINE_LENGTH), 'latin1');
  return typeof content === 'string' ? Buffer.from(content) : content;
}

/** As `qp.encode`, which looks at each byte by itself. */
function quoted(content: string | Buffer): string {
  if (typeof content !== 'string' || !PLAIN.test(content)) return qp.encode(content);
  return content.replaceAll('=', '=3D').replace(TRAILING_SPACE, (space) => (space === ' ' ? '=20' : '=09'));
}
