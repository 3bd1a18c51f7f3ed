import { afterEach, describe, expect, it, vi } from 'vitest';
import { makePostgresHome, postgresPrograms } from '../../../test/postgres.ts';

afterEach(() => vi.restoreAllMocks());

/** Sets the clock of this process. */
function setAhead(ms: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

describe.skipIf(postgresPrograms() === undefined)('a node whose clock is not that of the database', () => {
  it.each([
    [15_000, '15 s ahead of'],
    [-3_600_000, '3600 s behind'],
  ])('opens no store, and is not ready: %i ms', async (ms, words) => {
    const home = await makePostgresHome();
    const store = await home.open();
    await store.ping();
    setAhead(ms);
    const refusal = { code: 'store_unavailable', message: expect.stringContaining(words) };
    await expect(home.open()).rejects.toMatchObject(refusal);
    await expect(store.ping()).rejects.toMatchObject(refusal);
    vi.restoreAllMocks();
    await store.ping();
    await store.close();
    home.remove();
  });

  it('may be a few seconds off', async () => {
    const home = await makePostgresHome();
    setAhead(5_000);
    const store = await home.open();
    await store.ping();
    await store.close();
    home.remove();
  });
});
