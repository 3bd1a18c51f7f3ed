/** Mail is read for people: the thread that does it, and what they ask for from outside, behind the guard of webhooks. */

import type { AppDeps } from '../../api/deps.ts';
import { startWorker } from '../../base/embedded/worker.ts';
import { createGuardedFetch } from '../../base/net/guarded-fetch.ts';
import type { Metrics } from '../../base/observe/metrics.ts';
import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import { createLimiter } from '../../core/limiter.ts';
import { detectType } from '../../message/attachments/detect-type.ts';
import { checkLinks } from '../../message/preview/link-check.ts';
import type { Ask, Looked } from '../../message/preview/look.ts';
import { fetchPicture } from '../../message/preview/pictures.ts';
import { createPreview, type Preview } from '../../message/preview/preview.ts';
import type { LiveConfig } from '../reload/live-config.ts';

/** MB: a message of 25 MB is there as bytes, as its parts, and as the text of a page. */
const HEAP = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };
const busy = () => new IepError('preview_busy');

export function createPreviewThread(clock: Clock): Preview {
  return createPreview({ start: () => startWorker('preview', undefined, HEAP), clock });
}

/** `thread` absent: nobody else waits for this one. */
export function createPreviewDesk(
  { metrics }: { readonly metrics: Pick<Metrics, 'mailRead'> },
  config: LiveConfig,
  thread?: Preview,
): AppDeps['preview'] {
  const net = config.options(({ webhooks }) => ({ fetch: createGuardedFetch({}, webhooks) }));
  const pictures = createLimiter({
    ...{ atOnce: 30, ofOne: 6, waiting: { atOnce: 1_000, ofOne: 250 }, tooMany: busy },
  });
  const checks = createLimiter({ atOnce: 5, ofOne: 1, tooMany: busy });
  return {
    async look(tenantId, bytes, ask) {
      try {
        const looked = await (thread ? thread.look(tenantId, bytes, ask) : lookHere(bytes, ask));
        metrics.mailRead(looked.kind === 'unreadable' ? 'failed' : 'done');
        return looked;
      } catch (error) {
        metrics.mailRead(error instanceof IepError && error.code === 'preview_busy' ? 'busy' : 'failed');
        throw error;
      }
    },
    picture: (tenantId, url, gone) =>
      pictures.pass(tenantId, () => fetchPicture({ fetch: net.fetch, typeOf: detectType }, url, gone)),
    checkLinks: (tenantId, links, gone) => checks.pass(tenantId, () => checkLinks(net.fetch, links, gone)),
  };
}

/** What makes HTML harmless is large; only a command loads it into its own thread, and only where mail is looked at. */
async function lookHere(bytes: Uint8Array, ask: Ask): Promise<Looked> {
  const { look } = await import('../../message/preview/look.ts');
  return look(bytes, ask);
}
