/** PostgreSQL ends as in a power cut and comes back: the same stores go on, and what was acknowledged is there. */

import { describe, expect, it } from 'vitest';
import { postgresPrograms, startPostgres } from '../../../test/postgres.ts';
import { IepError } from '../../core/errors.ts';
import { addTenant, MINUTE, NOW, newMessage } from '../suites/suite.testing.ts';
import { openPostgresStore } from './open.ts';

describe.skipIf(postgresPrograms() === undefined)('a crash of the database', () => {
  it('loses nothing that was acknowledged, and the nodes go on by themselves', async () => {
    const server = await startPostgres({ durable: true });
    const url = await server.create('schema');
    const nodes = [await openPostgresStore({ url, poolSize: 4 }), await openPostgresStore({ url, poolSize: 4 })];
    const [first, second] = nodes.map(({ store }) => store);
    if (first === undefined || second === undefined) throw new Error('expected two nodes');
    const acme = await addTenant(first, 'acme');
    const acknowledged = new Set<string>();
    const refused: unknown[] = [];
    let isDown = false;
    const submit = async (node: typeof first) => {
      while (!isDown) {
        const entry = newMessage(acme.id);
        try {
          await node.outbox.accept({ tenantId: acme.id, messages: [entry] });
          acknowledged.add(entry.message.id);
        } catch (error) {
          refused.push(error);
          isDown = true;
        }
      }
    };
    const submitting = [first, second, first, second].map(submit);
    await expect.poll(() => acknowledged.size).toBeGreaterThan(200);
    await server.crash();
    await Promise.all(submitting);
    expect(refused.every((error) => error instanceof IepError && error.code === 'store_unavailable')).toBe(true);
    await expect(second.ping()).rejects.toMatchObject({ code: 'store_unavailable' });

    await server.begin();
    await first.ping();
    await second.ping();
    const delivered = new Set<string>();
    for (;;) {
      const claims = await Promise.all(
        [first, second].map((node, at) =>
          node.outbox.claim({ owner: `${at}/node`, now: NOW, leaseMs: MINUTE, limit: 50, skipTenants: [] }),
        ),
      );
      const jobs = claims.flatMap((claim) => claim.jobs);
      if (jobs.length === 0) break;
      for (const { message } of jobs) {
        expect(delivered.has(message.id)).toBe(false);
        delivered.add(message.id);
      }
    }
    // What was under way as it crashed may have been stored without anybody having heard so.
    expect([...acknowledged].filter((id) => !delivered.has(id))).toEqual([]);
    expect(delivered.size - acknowledged.size).toBeLessThanOrEqual(4);
    for (const { store } of nodes) await store.close();
  });
});
