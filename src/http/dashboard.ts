/**
 * The dashboard at the door: a page that is the same for every path below /ui/, and the files it loads. It shows nothing
 * by itself: what it shows it asks of the API, as the user who is signed in.
 */

import { gunzipSync } from 'node:zlib';
import { noSuchCall } from '../api/problem.ts';
import type { Reply } from '../api/reply.ts';
import { publicPage, type Route } from '../api/route.ts';
import { IepError } from '../core/errors.ts';
import { accepts } from './accepts.ts';

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

type Header = (name: string) => string | undefined;

export function dashboardRoutes(dashboard: Dashboard): readonly Route[] {
  const answers = { 200: { description: 'The page, or a file that it loads' } };
  return [
    publicPage({
      ...{ method: 'GET', path: '/', summary: 'Lead a browser to the dashboard', answers },
      handle({ header }) {
        // Everyone else hears that the API has no such call.
        if (!accepts(header('accept'), 'text/html')) throw noSuchCall();
        return lead(302);
      },
    }),
    publicPage({
      ...{ method: 'GET', path: '/ui', summary: 'Lead a browser to the dashboard', answers },
      handle: () => lead(308),
    }),
    publicPage({
      ...{ method: 'GET', path: '/ui/*', summary: 'The dashboard', answers },
      handle({ header, request }) {
        const path = new URL(request.url).pathname;
        const isAsset = path.startsWith(ASSETS);
        const name = isAsset ? path.slice(ASSETS.length) : PAGE;
        const file = dashboard.file(name);
        if (file !== undefined) return answer(header, { file, name, lasts: isAsset });
        if (isAsset) throw new IepError('not_found', 'The dashboard has no such file');
        return notBuilt();
      },
    }),
  ];
}

function lead(status: 302 | 308): Reply {
  return { status, type: '', body: null, headers: { ...guards, location: '/ui/' } };
}

const NOT_BUILT =
  'The dashboard is not built. The executable has it inside; from source, `npm run dev` builds it and serves it.';

function notBuilt(): Reply {
  return { status: 503, type: 'text/plain; charset=utf-8', body: `${NOT_BUILT}\n`, headers: guards };
}

function answer(header: Header, { file, name, lasts }: { file: DashboardFile; name: string; lasts: boolean }): Reply {
  const accepted = header('accept-encoding');
  const encoding = (['br', 'gzip'] as const).find((one) => accepts(accepted, one));
  const etag = `"${file.tag}${encoding === undefined ? '' : `-${encoding}`}"`;
  const headers: Record<string, string> = {
    ...guards,
    etag,
    vary: 'accept-encoding',
    // The name of an asset holds the hash of its content.
    'cache-control': lasts ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (header('if-none-match')?.includes(etag)) return { status: 304, type: '', body: null, headers };
  const type = types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  if (encoding !== undefined) headers['content-encoding'] = encoding;
  const bytes = encoding === undefined ? gunzipSync(file.gzip) : file[encoding];
  headers['content-length'] = String(bytes.byteLength);
  return { status: 200, type, body: new Uint8Array(bytes), headers };
}
