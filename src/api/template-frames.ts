/**
 * Previews of templates as pages for a sandboxed frame: a frame can show no key, so each has an address that nobody guesses, for a
 * few minutes. The HTML passes what makes mail harmless, as that of a message does.
 */

import { randomBytes } from 'node:crypto';
import { IepError } from '../core/errors.ts';
import type { AppDeps } from './deps.ts';

export interface TemplateFrames {
  /** The path of a page that shows this HTML. */
  open(tenantId: string, html: string): string;
  /** The page. Throws `not_found` where it has ended. */
  page(token: string, scheme: 'light' | 'dark'): Promise<string>;
}

export const FRAMES = '/v1/preview/templates';
const LIFE_MS = 10 * 60_000;
/** Characters of all pages that are open; the oldest give way. */
const MAX_LENGTH = 16 * 1024 * 1024;

export function createTemplateFrames({ clock, preview }: Pick<AppDeps, 'clock' | 'preview'>): TemplateFrames {
  const opened = new Map<string, { readonly tenantId: string; readonly html: string; readonly until: number }>();
  let length = 0;

  function forget(token: string): void {
    length -= opened.get(token)?.html.length ?? 0;
    opened.delete(token);
  }

  return {
    open(tenantId, html) {
      const token = randomBytes(24).toString('base64url');
      opened.set(token, { tenantId, html, until: clock.now() + LIFE_MS });
      length += html.length;
      for (const [oldest, { until }] of opened) {
        if (length <= MAX_LENGTH && until > clock.now()) break;
        forget(oldest);
      }
      return `${FRAMES}/${token}`;
    },
    async page(token, scheme) {
      const found = opened.get(token);
      if (found === undefined || found.until <= clock.now()) throw new IepError('not_found', 'This preview has ended');
      const answer = await preview.look(found.tenantId, asMail(found.html), { kind: 'frame', scheme });
      if (answer.kind !== 'frame') throw new IepError('preview_failed', 'Its HTML cannot be shown');
      return answer.page;
    },
  };
}

function asMail(html: string): Uint8Array {
  const head = 'Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  return Buffer.from(head + Buffer.from(html).toString('base64').replace(/.{76}/g, '$&\r\n'));
}
