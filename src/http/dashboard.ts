/**
 * The dashboard at the door: a page that is the same for every path below /ui/, and the files it loads. It shows nothing
 * by itself: what it shows it asks of the API, as the user who is signed in.
 */

import { gunzipSync } from 'node:zlib';
import type { Context } from './context.ts';

export interface DashboardFile {
  readonly gzip: Uint8Array;
  readonly br: Uint8Array;
  /** Differs whenever the content does. */
  readonly tag: string;
}

export interface Dashboard {
  /** By the name it has below /ui/assets/; the page itself is `index.html`. */
  file(name: string): DashboardFile | undefined;
}

const PAGE = 'index.html';
const ASSETS = '/ui/assets/';

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing from outside, nothing written into the page itself; mail is shown in frames that the API answers with rules of their own. */
const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"],
  ...["worker-src 'self'", "frame-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
].join('; ');

const guards = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'content-security-policy': POLICY,
};

export function serveDashboard(dashboard: Dashboard): (c: Context) => Response {
  return (c) => {
    const { path } = c.req;
    if (path === '/ui') return new Response(null, { status: 308, headers: { ...guards, location: '/ui/' } });
    const isAsset = path.startsWith(ASSETS);
    const name = isAsset ? path.slice(ASSETS.length) : PAGE;
    const file = dashboard.file(name);
    if (file === undefined) return isAsset ? text(404, 'The dashboard has no such file.') : text(503, NOT_BUILT);
    return answer(c, { file, name, lasts: isAsset });
  };
}

/** The root is for browsers; everyone else hears that the API has no such call. */
export function leadToDashboard(c: Context): Response | undefined {
  const { method, path } = c.req;
  const wantsPage = method === 'GET' && path === '/' && c.req.header('accept')?.includes('text/html') === true;
  return wantsPage ? new Response(null, { status: 302, headers: { ...guards, location: '/ui/' } }) : undefined;
}

const NOT_BUILT =
  'The dashboard is not built. The executable has it inside; from source, `npm run dev` builds it and serves it.';

function text(status: number, sentence: string): Response {
  const headers = { ...guards, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  return new Response(`${sentence}\n`, { status, headers });
}

function answer(c: Context, { file, name, lasts }: { file: DashboardFile; name: string; lasts: boolean }): Response {
  const accepted = c.req.header('accept-encoding') ?? '';
  const encoding = (['br', 'gzip'] as const).find((one) => accepts(accepted, one));
  const etag = `"${file.tag}${encoding === undefined ? '' : `-${encoding}`}"`;
  const headers: Record<string, string> = {
    ...guards,
    etag,
    vary: 'accept-encoding',
    // The name of an asset holds the hash of its content.
    'cache-control': lasts ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (c.req.header('if-none-match')?.includes(etag)) return new Response(null, { status: 304, headers });
  headers['content-type'] = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  if (encoding !== undefined) headers['content-encoding'] = encoding;
  const bytes = encoding === undefined ? gunzipSync(file.gzip) : file[encoding];
  headers['content-length'] = String(bytes.byteLength);
  return new Response(new Uint8Array(bytes), { headers });
}

/** `br;q=0` refuses it (RFC 9110 section 12.5.3). */
function accepts(header: string, coding: string): boolean {
  return header.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase());
    return name === coding && !parameters.some((one) => Number(one.replace(/^q=/, '')) === 0);
  });
}
