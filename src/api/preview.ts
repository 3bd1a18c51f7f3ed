/** Mail as people look at it: taken apart, checked, and its HTML made harmless for the frame it is shown in. */

import { timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { rfc3339 } from '../core/rfc3339.ts';
import { framePolicy } from '../message/preview/frame.ts';
import type { Ask, Looked } from '../message/preview/look.ts';
import { pictureProof } from '../message/preview/pictures.ts';
import type { AppDeps } from './deps.ts';
import { asFile } from './disposition.ts';
import { findContent, messageId, type NamedMessage, ownBytes, rawBytes, removed } from './message-content.ts';
import { newView, openView, type PreviewView, sealView } from './preview-token.ts';
import { json, ofType, type Reply } from './reply.ts';
import { publicPage, publicRoute, type Route, tenantRoute } from './route.ts';
import { checkedLinksShape, viewShape } from './shapes.ts';

const remote = z.stringbool().default(false).describe('`true`: shows pictures from outside, which the daemon fetches');
const scheme = z.enum(['light', 'dark']).default('light').describe('What the mail is told that its reader prefers');
const PATH = '/v1/preview';

export function previewRoutes(deps: AppDeps): readonly Route[] {
  const { vault, clock, preview } = deps;

  async function look<K extends Ask['kind']>(named: NamedMessage, ask: Ask & { kind: K }) {
    const answer = await preview.look(named.tenant.id, await rawBytes(deps, named), ask);
    return answered(answer, ask.kind);
  }

  async function frameOf(
    named: NamedMessage,
    view: PreviewView,
    more: { scheme: 'light' | 'dark'; token: () => string },
  ): Promise<Reply> {
    const { pictureKey: key } = view;
    const pictures = key && { path: `${PATH}/${more.token()}/picture`, key };
    const { page } = await look(named, { kind: 'frame', scheme: more.scheme, ...(pictures && { pictures }) });
    return { ...ofType({ type: 'text/html; charset=utf-8', body: page }), headers: FRAME_HEADERS };
  }

  async function nameOf({ tenantId, messageId }: PreviewView): Promise<NamedMessage> {
    const tenant = await deps.directory.byId(tenantId);
    if (tenant === undefined) throw new IepError('not_found', 'No message has this id');
    return { tenant, messageId };
  }

  return [
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/:id/view',
      summary: 'A message taken apart as a mail client does, with checks of its header and warnings about mail clients',
      query: z.strictObject({ remote }),
      answers: {
        200: {
          description: 'What it holds; `frame` is the address of its HTML for a sandboxed frame',
          schema: viewShape,
        },
      },
      async handle(call) {
        const named = { tenant: call.tenant, messageId: messageId(call) };
        const content = await findContent(deps, named);
        const { message } = content;
        const known = {
          envelopeFrom: message.envelopeFrom,
          at: message.createdAt,
          signsFor: await signsFor(deps, message),
        };
        const bytes = await rawBytes(deps, named, content);
        const { view } = answered(await preview.look(call.tenant.id, bytes, { kind: 'view', known }), 'view');
        const opened = newView({ ...idsOf(named), remote: call.query.remote, now: clock.now() });
        return json({
          ...view,
          text: view.text ?? null,
          warnings: view.warnings.map((row) => ({
            ...row,
            source: `https://www.caniemail.com/features/${row.source}/`,
          })),
          frame: `${PATH}/${sealView(vault, opened)}`,
          frameUntil: rfc3339(opened.expiresAt),
        });
      },
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/:id/preview',
      summary: 'The HTML of a message, made harmless; for a sandboxed frame',
      query: z.strictObject({ remote, scheme }),
      answers: { 200: { description: 'A page that runs nothing, under a policy of its own', type: 'text/html' } },
      handle(call) {
        const named = { tenant: call.tenant, messageId: messageId(call) };
        const view = newView({ ...idsOf(named), remote: call.query.remote, now: clock.now() });
        return frameOf(named, view, { scheme: call.query.scheme, token: () => sealView(vault, view) });
      },
    }),
    publicPage({
      method: 'GET',
      path: `${PATH}/:token`,
      summary: 'The same, by the address that a view of a message gives for its frame',
      query: z.strictObject({ scheme }),
      answers: { 200: { description: 'A page that runs nothing, under a policy of its own', type: 'text/html' } },
      async handle({ param, query }) {
        const view = openView(vault, param('token'), clock.now());
        return frameOf(await nameOf(view), view, { scheme: query.scheme, token: () => param('token') });
      },
    }),
    publicRoute({
      method: 'GET',
      path: `${PATH}/:token/picture`,
      summary: 'A picture from outside that a message shows, for that view alone',
      query: z.strictObject({ url: z.string().max(8_000), proof: z.string().max(100) }),
      answers: { 200: { description: 'The picture', type: 'image/*' } },
      async handle({ param, query: { url, proof }, gone }) {
        const { tenantId, pictureKey } = openView(vault, param('token'), clock.now());
        if (pictureKey === undefined || !isSame(proof, pictureProof(url, pictureKey))) {
          throw new IepError('not_found', 'This view has no such picture');
        }
        const picture = await preview.picture(tenantId, url, gone);
        if (picture === undefined) throw new IepError('not_found', 'This address has no picture that may be shown');
        const headers = {
          'content-security-policy': "default-src 'none'; sandbox",
          'cache-control': 'private, max-age=600',
        };
        return { ...ofType({ type: picture.contentType, body: ownBytes(picture.bytes) }), headers };
      },
    }),
    tenantRoute(['send'], {
      method: 'POST',
      path: '/v1/messages/:id/links/check',
      summary: 'Ask for what the links of a message lead to; opening some links does something',
      answers: { 200: { description: 'Each link, with what was answered', schema: checkedLinksShape } },
      async handle(call) {
        const named = { tenant: call.tenant, messageId: messageId(call) };
        const { links } = await look(named, { kind: 'links' });
        return json({ items: await preview.checkLinks(call.tenant.id, links, call.gone) });
      },
    }),
    tenantRoute(['read'], {
      method: 'GET',
      path: '/v1/messages/:id/attachments/:n',
      summary: 'An attachment, as a file; `n` is its position among those of the message, from 0',
      answers: { 200: { description: 'Its content', type: '*/*' } },
      async handle(call) {
        const named = { tenant: call.tenant, messageId: messageId(call) };
        const file = await attachmentOf(deps, named, call.param('n'));
        return {
          ...ofType({ type: safeType(file.contentType), body: ownBytes(file.bytes) }),
          headers: fileHeaders(file),
        };
      },
    }),
  ];
}

/** Of a page for a frame. */
export const FRAME_HEADERS = {
  'content-security-policy': framePolicy,
  'referrer-policy': 'no-referrer',
  // To look a name up tells somebody too.
  'x-dns-prefetch-control': 'off',
  'permissions-policy': 'browsing-topics=()',
};

function idsOf({ tenant, messageId }: NamedMessage) {
  return { tenantId: tenant.id, messageId };
}

function answered<K extends Looked['kind']>(answer: Looked, kind: K): Looked & { kind: K } {
  if (answer.kind === kind) return answer as Looked & { kind: K };
  if (answer.kind === 'absent') throw new IepError('not_found', 'The message has no such attachment');
  throw new IepError('preview_failed', 'Its parts are nested too deep, or its header is too large');
}

/** The domain whose key signs mail of this sender: its own, or one above it. */
async function signsFor(
  { store }: AppDeps,
  { tenantId, from }: { tenantId: string; from: { email: string } },
): Promise<string | undefined> {
  const domain = from.email.slice(from.email.lastIndexOf('@') + 1).toLowerCase();
  const keys = await store.domains.signingKeys({ tenantId });
  return keys.find((key) => domain === key.domain || domain.endsWith(`.${key.domain}`))?.domain;
}

/** Those that came with the message as files; of one that came whole, the parts of its MIME. */
async function attachmentOf(deps: AppDeps, named: NamedMessage, number: string) {
  const content = await findContent(deps, named);
  const { message, removedAt } = content;
  const n = /^\d{1,4}$/.test(number) ? Number(number) : Number.NaN;
  if (message.content.kind === 'raw' && !Number.isNaN(n)) {
    const bytes = await rawBytes(deps, named, content);
    return answered(await deps.preview.look(named.tenant.id, bytes, { kind: 'attachment', n }), 'attachment').file;
  }
  const file = message.attachments[n];
  if (file === undefined) throw new IepError('not_found', 'The message has no such attachment');
  if (removedAt !== undefined) throw removed(removedAt);
  return { ...file, bytes: 'blob' in file.content ? await deps.blobs.read(file.content.blob) : file.content.bytes };
}

/** Whatever it holds, no browser opens it as a page of ours. */
function fileHeaders({ filename }: { filename: string }) {
  return { 'content-disposition': asFile(filename), 'content-security-policy': "default-src 'none'; sandbox" };
}

const TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;

function safeType(type: string): string {
  return TYPE.test(type) ? type : 'application/octet-stream';
}

function isSame(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
