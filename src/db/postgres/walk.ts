/** A walk along an index where conditions may let little through: a piece at a time, up to a page. */

export interface Walk<Key, Row> {
  readonly after: Key;
  readonly limit: number;
  /** Key of the last of the following `count` entries; undefined where fewer are left. */
  readonly end: (after: Key, count: number) => Promise<Key | undefined>;
  /** At most `limit` rows that match behind `after`, up to `end` or to the end of all. */
  readonly rows: (piece: {
    readonly after: Key;
    readonly end: Key | undefined;
    readonly limit: number;
  }) => Promise<readonly Row[]>;
  readonly keyOf: (row: Row) => Key;
}

const PIECE = 2_000;
/** Entries that one call looks at; then it answers what it has, and where to go on. */
const LOOK = 500_000;

/** `next` absent: that was all. */
export async function walk<Key, Row>({ limit, ...way }: Walk<Key, Row>): Promise<{ rows: readonly Row[]; next?: Key }> {
  const found: Row[] = [];
  let { after } = way;
  for (let looked = 0; ; looked += PIECE) {
    if (looked >= LOOK) return { rows: found, next: after };
    const end = await way.end(after, PIECE);
    found.push(...(await way.rows({ after, end, limit: limit + 1 - found.length })));
    const last = found[limit - 1];
    if (found.length > limit && last !== undefined) return { rows: found.slice(0, limit), next: way.keyOf(last) };
    if (end === undefined) return { rows: found };
    after = end;
  }
}
