/** The pixel and the links of tracked mail. They ask for no key: their tokens are signed, and say all that is needed. */

import { IepError } from '../core/errors.ts';
import type { HitKind } from '../core/tracking.ts';
import type { AppDeps } from './deps.ts';
import { ofType } from './reply.ts';
import { type Call, publicPage, type Route } from './route.ts';

/** One transparent pixel (GIF 89a). */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

export function trackingRoutes({ tracking }: Pick<AppDeps, 'tracking'>): readonly Route[] {
  async function visit(kind: HitKind, { request, param }: Call): Promise<string> {
    const { source: ip, header, method } = request;
    const visitor = { ip, userAgent: header('user-agent'), isHead: method === 'HEAD' };
    const url = await tracking.visit(kind, param('token'), visitor);
    if (url === undefined) throw new IepError('not_found', 'This link is none of ours');
    return url;
  }

  return [
    publicPage({
      method: 'GET',
      path: '/t/o/:token',
      summary: 'The pixel of a tracked mail; notes that the mail was opened',
      answers: { 200: { description: 'A transparent picture', type: 'image/gif' } },
      async handle(call) {
        await visit('opened', call);
        return ofType({ type: 'image/gif', body: new Uint8Array(PIXEL) });
      },
    }),
    publicPage({
      method: 'GET',
      path: '/t/c/:token',
      summary: 'A link of a tracked mail; notes that it was followed, and leads on',
      answers: { 302: { description: 'Where the link leads' } },
      async handle(call) {
        const location = await visit('clicked', call);
        return { status: 302, type: '', body: null, headers: { location, 'referrer-policy': 'no-referrer' } };
      },
    }),
  ];
}
