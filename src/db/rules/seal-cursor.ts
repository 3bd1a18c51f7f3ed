/** How far a list of sealed texts came: the column, and the row within it. Empty ids stand before all others. */

export interface SealPlace {
  /** Number of the column. */
  readonly at: number;
  /** The last row of it that was looked at. */
  readonly after: string;
}

export function sealCursor({ at, after }: SealPlace): string {
  return `${at} ${after}`;
}

export function sealPlace(cursor: string | undefined): SealPlace {
  if (cursor === undefined) return { at: 0, after: '' };
  const space = cursor.indexOf(' ');
  return { at: Number(cursor.slice(0, space)), after: cursor.slice(space + 1) };
}
