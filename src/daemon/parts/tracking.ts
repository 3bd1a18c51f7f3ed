/** What is noted of the reading of mail: the links of copies, who visits them, and the way of that to the store. */

import type { Log } from '../../base/observe/log.ts';
import type { Clock } from '../../core/clock.ts';
import type { StorePart } from '../../db/verbs/store.ts';
import type { LinkTokens } from '../../manage/link-tokens.ts';
import type { Tracker } from '../../message/render/render.ts';
import { keptLinks } from '../../message/tracking/kept-links.ts';
import { createHitRecorder, type HitMetrics } from '../../message/tracking/recorder.ts';
import { createTrackingDesk, type TrackingDesk } from '../../message/tracking/tracking.ts';
import type { LiveConfig } from '../reload/live-config.ts';

/** Where readers reach this platform is asked for with each copy: a message that was accepted before is not lost where it is gone. */
export function trackedCopies(linkTokens: Pick<LinkTokens, 'key'>, config: LiveConfig): Tracker['copyOf'] {
  return async (message, position) => {
    const { publicUrl } = config.now().http;
    if (publicUrl === undefined || message.tracking === undefined) return undefined;
    const { opens, clicks } = message.tracking;
    return {
      ...{ base: publicUrl.replace(/\/$/, ''), key: await linkTokens.key(), messageId: message.id, position },
      ...{ opens, clicks, kept: keptLinks(message) },
    };
  };
}

export function createTracking(deps: {
  readonly store: StorePart<'hits.record'>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'error'>;
  readonly metrics: HitMetrics;
  readonly linkTokens: Pick<LinkTokens, 'reader'>;
}): { readonly tracking: TrackingDesk; close(): Promise<void> } {
  const { log, linkTokens } = deps;
  const onFault = (error: unknown) => log.error({ error }, 'opens and clicks could not be written down');
  const recorder = createHitRecorder({ ...deps, onFault });
  return {
    tracking: createTrackingDesk({ ...deps, recorder, reader: linkTokens.reader }),
    close: recorder.close,
  };
}
