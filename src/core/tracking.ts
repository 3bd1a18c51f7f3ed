/** What is noted of the reading of a message, and what a hit is: an open or a click. Pure. */

/** `anonymous`: neither the address of who reads nor the program is kept. */
export interface Tracking {
  readonly opens: boolean;
  readonly clicks: boolean;
  readonly anonymous: boolean;
}

/** What is not said is left to who is above. */
export type AskedTracking = { readonly [name in keyof Tracking]?: boolean | undefined };

export const trackingNames = ['opens', 'clicks', 'anonymous'] as const satisfies readonly (keyof Tracking)[];

export const noTracking: Tracking = { opens: false, clicks: false, anonymous: false };

/** The narrower says what holds, but no message and no tenant sees more of its readers than who is above them allows. */
export function narrowedTracking(wider: Tracking, narrower: AskedTracking = {}): Tracking {
  const { opens = wider.opens, clicks = wider.clicks, anonymous = false } = narrower;
  return { opens, clicks, anonymous: wider.anonymous || anonymous };
}

export function isTracked({ opens, clicks }: AskedTracking): boolean {
  return opens === true || clicks === true;
}

export type HitKind = 'opened' | 'clicked';
export type Actor = 'human' | 'machine' | 'unknown';

/** Of a recipient, or of all of a group: people and programs apart. */
export interface HitCounts {
  readonly opens: number;
  readonly clicks: number;
  readonly machineOpens: number;
  readonly machineClicks: number;
}

export const noHits: HitCounts = { opens: 0, clicks: 0, machineOpens: 0, machineClicks: 0 };

/** What a hit is counted as. */
export function hitCount(kind: HitKind, actor: Actor): keyof HitCounts {
  if (kind === 'opened') return actor === 'machine' ? 'machineOpens' : 'opens';
  return actor === 'machine' ? 'machineClicks' : 'clicks';
}

/** Why it cannot be. */
export const NOT_REACHABLE =
  'needs the address that readers reach this platform by, which the configuration does not say: set http.publicUrl';
