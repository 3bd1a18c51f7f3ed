/** The content of `iep send`: bodies from flags, files or standard input; attachments; variables. */

import { basename, extname } from 'node:path';
import { Complaint } from '../failure.ts';
import { readNamedFile, utf8TextOf } from '../files.ts';
import { readAll, type Shell } from '../shell.ts';
import type { SendOptions } from './send-options.ts';

export interface Bodies {
  readonly htmlBody?: string;
  readonly textBody?: string;
}

export interface AttachmentJson {
  readonly filename: string;
  readonly content: string;
  readonly contentType: string;
}

/** Whether the input is a whole message instead of a body. */
export function isWholeMessage({ raw, file }: SendOptions): boolean {
  return raw === true || (file ?? []).some((name) => extname(name).toLowerCase() === '.eml');
}

/** The bytes of a whole message: of the one file named, or standard input. */
export async function readWholeMessage(shell: Shell, { file }: SendOptions): Promise<Uint8Array> {
  const [name, second] = file ?? [];
  if (second !== undefined) throw new Complaint(64, 'a whole message is one file', 'Send each by itself.');
  return name === undefined ? readAll(shell.stdin) : readNamedFile(shell, name);
}

export async function readBodies(shell: Shell, options: SendOptions): Promise<Bodies> {
  const bodies: { htmlBody?: string; textBody?: string } = {};
  const put = (kind: keyof Bodies, content: string): void => {
    if (bodies[kind] !== undefined) {
      const name = kind === 'htmlBody' ? 'HTML' : 'text';
      throw new Complaint(64, `there is more than one ${name} body`, 'Give one of each at most.');
    }
    bodies[kind] = content;
  };
  if (options.html === '-' && options.text === '-') {
    throw new Complaint(64, 'standard input can be one body only', 'Put the other in a file: --file FILE.');
  }
  const given = async (value: string) => (value === '-' ? utf8TextOf(await readAll(shell.stdin), 'it') : value);
  if (options.html !== undefined) put('htmlBody', await given(options.html));
  if (options.text !== undefined) put('textBody', await given(options.text));
  for (const name of options.file ?? []) {
    const content = utf8TextOf(await readNamedFile(shell, name), name);
    put(/\.html?$/i.test(name) || (name === '-' && looksLikeHtml(content)) ? 'htmlBody' : 'textBody', content);
  }
  if (bodies.htmlBody !== undefined || bodies.textBody !== undefined) return bodies;
  if (shell.stdin.isTTY === true) {
    throw new Complaint(64, 'the message has no body', 'Give --text, --html or --file, or pipe it in.');
  }
  const content = utf8TextOf(await readAll(shell.stdin), 'standard input');
  return looksLikeHtml(content) ? { htmlBody: content } : { textBody: content };
}

function looksLikeHtml(content: string): boolean {
  return /^\s*(<!doctype html|<html)/i.test(content);
}

export async function readAttachments(shell: Shell, names: readonly string[] = []): Promise<AttachmentJson[]> {
  return Promise.all(
    names.map(async (name) => ({
      filename: name === '-' ? 'attachment' : basename(name),
      content: (await readNamedFile(shell, name)).toString('base64'),
      contentType: mediaType(name),
    })),
  );
}

/** Values of the file, with those of `--var` over them. */
export async function readVariables(
  shell: Shell,
  { vars, var: single }: Pick<SendOptions, 'vars' | 'var'>,
): Promise<Record<string, unknown> | undefined> {
  if (vars === undefined) return single;
  const text = utf8TextOf(await readNamedFile(shell, vars), vars);
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    values = undefined;
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new Complaint(65, `${vars} does not hold a JSON object`, 'Write it like {"name": "Saif"}.');
  }
  return { ...values, ...single };
}

/** Types that mail programs treat in a way of their own; anything else is bytes to be saved. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.bmp': 'image/bmp',
  '.csv': 'text/csv',
  '.doc': 'application/msword',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  '.eml': 'message/rfc822',
  '.gif': 'image/gif',
  '.gz': 'application/gzip',
  '.heic': 'image/heic',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.ics': 'text/calendar',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.log': 'text/plain',
  '.md': 'text/markdown',
  '.odp': 'application/vnd.oasis.opendocument.presentation',
  '.ods': 'application/vnd.oasis.opendocument.spreadsheet',
  '.odt': 'application/vnd.oasis.opendocument.text',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.ppt': 'application/vnd.ms-powerpoint',
  '.pptx': 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  '.rtf': 'application/rtf',
  '.svg': 'image/svg+xml',
  '.tar': 'application/x-tar',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain',
  '.webp': 'image/webp',
  '.xls': 'application/vnd.ms-excel',
  '.xlsx': 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

function mediaType(name: string): string {
  return MEDIA_TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream';
}
