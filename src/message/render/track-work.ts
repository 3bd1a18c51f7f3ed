/** The HTML of a copy whose reading is noted, or all of a message that came whole, as a thread has it. */

import type { TrackedCopy } from '../tracking/links.ts';

export type TrackWork = { readonly copy: TrackedCopy } & ({ readonly html: string } | { readonly mime: Uint8Array });

/** `mime` is absent of a whole message of which nothing is tracked. */
export type TrackedWork =
  | { readonly ok: true; readonly html: string }
  | { readonly ok: true; readonly mime: Uint8Array | undefined };

export async function doTrackWork(work: TrackWork): Promise<TrackedWork> {
  if ('html' in work) {
    const { trackHtml } = await import('../tracking/track-html.ts');
    return { ok: true, html: trackHtml(work.html, work.copy) };
  }
  const { trackMime } = await import('../tracking/track-mime.ts');
  return { ok: true, mime: trackMime(work.mime, work.copy) };
}
