/** A list that goes on: its first page follows what happens, what was loaded besides stays as it is. */

import { useEffect, useState } from 'preact/hooks';
import { type CallName, call, type Input } from './call.ts';
import type { Calls } from './types.ts';
import { type Data, type Following, useData } from './use-data.ts';

interface PageOf<T> {
  readonly items: readonly T[];
  readonly cursor: string | null;
}

/** Calls that answer a page of rows. */
export type ListName = { [N in CallName]: Calls[N]['answer'] extends PageOf<unknown> ? N : never }[CallName];
export type RowOf<N extends ListName> = Calls[N]['answer']['items'][number];

export interface Pages<N extends ListName> {
  readonly first: Data<Calls[N]['answer']>;
  readonly rows: readonly RowOf<N>[];
  /** Absent at the end. */
  readonly more?: () => Promise<void>;
}

export function usePages<N extends ListName>(
  name: N,
  input: Input<N>,
  idOf: (row: RowOf<N>) => string,
  following: Following = 'live',
): Pages<N> {
  const first = useData(name, input, following);
  const [rest, setRest] = useState<{ rows: readonly RowOf<N>[]; cursor: string | null | undefined }>({
    rows: [],
    cursor: undefined,
  });
  const question = JSON.stringify(input);
  useEffect(() => setRest({ rows: [], cursor: undefined }), [question]);

  const head = first.data?.items ?? [];
  const inHead = new Set(head.map(idOf));
  const rows = [...head, ...rest.rows.filter((row) => !inHead.has(idOf(row)))];
  const cursor = rest.cursor === undefined ? first.data?.cursor : rest.cursor;
  const more = async () => {
    const page = await call(name, { ...input, query: { ...queryOf(input), cursor } } as Input<N>);
    // What moved down from the first page meanwhile is kept, so that the list has no hole.
    setRest((before) => ({
      rows: [...(before.cursor === undefined ? head : before.rows), ...page.items],
      cursor: page.cursor,
    }));
  };
  return { first, rows, ...(cursor != null && { more }) };
}

function queryOf(input: object): object {
  return 'query' in input && typeof input.query === 'object' && input.query !== null ? input.query : {};
}
