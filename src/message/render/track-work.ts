/** The HTML of a copy whose reading is noted, as a thread has it. */

import type { TrackedCopy } from '../tracking/links.ts';

export interface TrackWork {
  readonly html: string;
  readonly copy: TrackedCopy;
}

export interface TrackedHtml {
  readonly ok: true;
  readonly html: string;
}

export async function doTrackWork({ html, copy }: TrackWork): Promise<TrackedHtml> {
  const { trackHtml } = await import('../tracking/track-html.ts');
  return { ok: true, html: trackHtml(html, copy) };
}
