/** All of a list that comes in pages, a page at a time. */

export async function* everyPage<T>(
  next: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly cursor?: string }>,
): AsyncGenerator<readonly T[]> {
  let cursor: string | undefined;
  do {
    const page = await next(cursor);
    yield page.items;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
