/** The contract of sender domains: one transaction each, history that is bounded, and that they are the tenant's own. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AddedBy, DkimState, DomainCheck, RecordFinding, SealedDkimKey } from '../verbs/domains.ts';
import type { Store } from '../verbs/store.ts';
import type { Tenant } from '../verbs/tenants.ts';
import type { StoreHarness } from './store.suite.ts';
import { NOW, newId, openWithTenants } from './suite.testing.ts';

export function domainSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`sender domains: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let acme: Tenant;
    let globex: Tenant;

    beforeEach(async () => {
      ({ harness, store, acme, globex } = await openWithTenants(createHarness));
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const key = (slot: string, state: DkimState): SealedDkimKey => ({
      ...{ id: newId(), slot, selector: slot, algorithm: 'rsa-sha256', publicKey: 'p', privateKey: 'sealed', state },
      createdAt: NOW,
      ...(state === 'active' && { activatedAt: NOW }),
    });
    const ref = (tenant = acme, domain = 'a.example') => ({ tenantId: tenant.id, domain });
    const add = (tenant = acme, ...keys: SealedDkimKey[]) =>
      store.domains.add({ ...ref(tenant), id: newId(), now: NOW, keys });
    const check = (at: number, verified: boolean, keyId?: string, status: RecordFinding = 'ok'): DomainCheck => ({
      ...{ at, verified },
      results: [
        {
          ...{ purpose: 'dkim', name: 'x', status, required: true, found: ['y'], detail: 'z' },
          ...(keyId !== undefined && { keyId }),
        },
      ],
    });
    const states = async () => (await store.domains.get(ref()))?.keys.map(({ slot, state }) => `${slot} ${state}`);

    it('remembers what was found, and since when it is so', async () => {
      const first = key('s1', 'active');
      await add(acme, first);
      expect(await store.domains.get(ref())).toMatchObject({ verified: false, keys: [{ id: first.id }] });
      for (const [at, verified] of [
        [NOW + 1, true],
        [NOW + 2, true],
        [NOW + 3, false],
        [NOW + 4, true],
      ] as const) {
        expect(await store.domains.recordCheck({ ...ref(), check: check(at, verified, first.id) })).toBe(true);
        const since = verified ? { verifiedAt: at === NOW + 2 ? NOW + 1 : at } : {};
        expect(await store.domains.get(ref())).toMatchObject({ verified, checkedAt: at, ...since });
      }
      expect((await store.domains.checks({ ...ref(), limit: 2 })).map(({ at }) => at)).toEqual([NOW + 4, NOW + 3]);
      expect(await store.domains.checks({ ...ref(), limit: 1 })).toEqual([check(NOW + 4, true, first.id)]);
      expect((await store.domains.get(ref()))?.keys[0]?.published).toBe(true);
      await store.domains.recordCheck({ ...ref(), check: check(NOW + 5, true, first.id, 'dns_failure') });
      expect((await store.domains.get(ref()))?.keys[0]?.published).toBe(true);
      await store.domains.recordCheck({ ...ref(), check: check(NOW + 6, true, first.id, 'missing') });
      expect((await store.domains.get(ref()))?.keys[0]?.published).toBe(false);
    });

    it('keeps a hundred looks', async () => {
      await add();
      const looks = Array.from({ length: 105 }, (_, n) => check(NOW + n + 1, false));
      await Promise.all(looks.map((look) => store.domains.recordCheck({ ...ref(), check: look })));
      const kept = await store.domains.checks({ ...ref(), limit: 500 });
      expect([kept.length, kept[0]?.at, kept.at(-1)?.at]).toEqual([100, NOW + 105, NOW + 6]);
    });

    it('changes the keys that sign in one step', async () => {
      await add(acme, key('s1', 'active'));
      await store.domains.addKeys({ ...ref(), keys: [key('s2', 'next')] });
      const signing = async () =>
        (await store.domains.signingKeys({ tenantId: acme.id })).map(({ selector }) => selector);
      expect(await signing()).toEqual(['s1']);
      await store.domains.recordCheck({ ...ref(), check: check(NOW + 1, true), activate: 's2' });
      expect(await signing()).toEqual(['s2']);
      expect(await states()).toEqual(['s1 retired', 's2 active']);
      await expect(store.domains.addKeys({ ...ref(), keys: [key('s2', 'next')] })).rejects.toMatchObject({
        code: 'conflict',
      });
      await store.domains.addKeys({ ...ref(), keys: [key('s1', 'next')] });
      expect(await states()).toEqual(['s2 active', 's1 next']);
      await store.domains.activateKeys({ ...ref(), slot: 's1', now: NOW + 2 });
      expect(await states()).toEqual(['s2 retired', 's1 active']);
      const gone = store.domains.activateKeys({ ...ref(), slot: 's3', now: NOW + 3 });
      await expect(gone).rejects.toMatchObject({ code: 'not_found' });
      expect(await signing()).toEqual(['s1']);
    });

    it('says which are due for another look, longest ago first', async () => {
      await add(acme, key('s1', 'active'));
      await store.domains.add({
        ...ref(globex, 'b.example'),
        id: newId(),
        now: NOW,
        keys: [key('s1', 'active')],
      });
      const due = async (verifiedBefore: number, unverifiedBefore: number) =>
        (await store.domains.due({ verifiedBefore, unverifiedBefore, limit: 10 })).map(({ tenantId }) =>
          tenantId === acme.id ? 'acme' : 'globex',
        );
      await store.domains.recordCheck({ ...ref(), check: check(NOW + 2, true) });
      expect(await due(NOW + 3, NOW + 3)).toEqual(['globex', 'acme']);
      expect(await due(NOW + 2, NOW + 2)).toEqual(['globex']);
      await store.domains.recordCheck({ ...ref(globex, 'b.example'), check: check(NOW + 1, false) });
      expect(await due(NOW + 3, NOW)).toEqual(['acme']);
    });

    it('lets no tenant see or touch what is another’s', async () => {
      await add(acme, key('s1', 'active'));
      const before = await store.domains.get(ref());
      const foreign = ref(globex);
      expect(await store.domains.get(foreign)).toBeUndefined();
      expect(await store.domains.list({ tenantId: globex.id })).toEqual([]);
      expect(await store.domains.signingKeys({ tenantId: globex.id })).toEqual([]);
      expect(await store.domains.remove(foreign)).toBe(false);
      expect(await store.domains.recordCheck({ ...foreign, check: check(NOW, true), activate: 's1' })).toBe(false);
      for (const call of [
        () => store.domains.checks({ ...foreign, limit: 1 }),
        () => store.domains.addKeys({ ...foreign, keys: [key('s2', 'next')] }),
        () => store.domains.activateKeys({ ...foreign, slot: 's1', now: NOW }),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'not_found' });
      }
      // A claim of the same name has keys of its own, and touches nothing.
      const claim = { ...foreign, id: newId(), now: NOW, by: 'tenant', keys: [key('s9', 'active')] } as const;
      await expect(store.domains.add(claim)).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.domains.get(ref())).toEqual(before);
    });

    const give = (
      tenant: Tenant,
      domain: string,
      more: { by?: AddedBy; shared?: boolean; keys?: SealedDkimKey[] } = {},
    ) => store.domains.add({ ...ref(tenant, domain), id: newId(), now: NOW, ...more });
    const holders = async (domain: string) =>
      (await store.tenants.list())
        .filter(({ senderDomains }) => senderDomains.includes(domain))
        .map(({ slug }) => slug);
    const verify = (tenant: Tenant, domain: string, verified = true) =>
      store.domains.recordCheck({ ...ref(tenant, domain), check: check(NOW, verified) });

    it('belongs to one tenant, also when two are given it at once', async () => {
      const both = await Promise.allSettled([give(acme, 'one.example'), give(globex, 'one.example')]);
      expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(both[1]).toMatchObject({ reason: { code: 'conflict', message: expect.stringContaining('acme') } });
      expect(await holders('one.example')).toEqual(['acme']);
    });

    it('is a tenant’s that adds it itself only once it is verified, and then no other’s', async () => {
      await give(globex, 'own.example', { by: 'tenant' });
      await give(acme, 'own.example', { by: 'tenant' });
      expect(await holders('own.example')).toEqual([]);
      await verify(acme, 'own.example');
      await verify(globex, 'own.example');
      expect(await holders('own.example')).toEqual(['acme']);
      expect(await store.domains.get(ref(globex, 'own.example'))).toMatchObject({ verified: true, held: false });
      // Its records are gone from DNS, where those of the other are now.
      await verify(acme, 'own.example', false);
      expect(await holders('own.example')).toEqual(['acme']);
      await verify(globex, 'own.example');
      expect(await holders('own.example')).toEqual(['globex']);
    });

    it('goes to the tenant the operator gives it to, whoever claims it', async () => {
      await give(globex, 'own.example', { by: 'tenant' });
      await give(acme, 'own.example');
      await verify(globex, 'own.example');
      await verify(acme, 'own.example', false);
      await verify(globex, 'own.example');
      expect(await holders('own.example')).toEqual(['acme']);
      await give(globex, 'mine.example', { by: 'tenant' });
      await give(globex, 'mine.example');
      expect(await store.domains.get(ref(globex, 'mine.example'))).toMatchObject({
        held: true,
        addedBy: 'operator',
      });
      await expect(give(globex, 'mine.example')).rejects.toMatchObject({ code: 'conflict' });
    });

    it('keeps what is below it from claims of others, but not from the operator', async () => {
      await give(acme, 'acme.example');
      const claim = give(globex, 'mail.acme.example', { by: 'tenant' });
      await expect(claim).rejects.toMatchObject({ code: 'conflict', message: expect.not.stringContaining('acme,') });
      await give(globex, 'mail.acme.example');
      await give(globex, 'eu.mail.acme.example', { by: 'tenant' });
      await expect(give(acme, 'us.mail.acme.example', { by: 'tenant' })).rejects.toMatchObject({ code: 'conflict' });
      // A name that only ends alike is not below it.
      await give(globex, 'notacme.example', { by: 'tenant' });
      // Who proves the domain above has that, and not what is another's below it.
      await give(globex, 'above.example', { by: 'tenant' });
    });

    it('is removed by a tenant only where the tenant added it', async () => {
      await give(acme, 'own.example', { by: 'tenant' });
      await give(acme, 'given.example');
      const remove = (domain: string, by: AddedBy) => store.domains.remove({ ...ref(acme, domain), by });
      expect(await remove('given.example', 'tenant')).toBe(false);
      expect(await holders('given.example')).toEqual(['acme']);
      expect(await remove('own.example', 'tenant')).toBe(true);
      expect(await remove('given.example', 'operator')).toBe(true);
    });

    it('has one set of keys where tenants share it, which stays as long as one of them', async () => {
      const [mine, theirs] = [key('s1', 'active'), key('s1', 'active')];
      await give(acme, 'group.example', { keys: [mine] });
      await expect(give(globex, 'group.example')).rejects.toMatchObject({ code: 'conflict' });
      await give(globex, 'group.example', { shared: true, keys: [theirs] });
      expect(await holders('group.example')).toEqual(['acme', 'globex']);
      const keyIds = async (tenant: Tenant) =>
        (await store.domains.signingKeys({ tenantId: tenant.id })).map(({ id }) => id);
      expect([await keyIds(acme), await keyIds(globex)]).toEqual([[mine.id], [mine.id]]);
      await store.domains.addKeys({ ...ref(globex, 'group.example'), keys: [key('s2', 'next')] });
      await store.domains.activateKeys({ ...ref(globex, 'group.example'), slot: 's2', now: NOW });
      expect(await keyIds(acme)).toEqual(await keyIds(globex));
      await store.tenants.remove({ tenantId: acme.id, force: true, now: NOW });
      expect((await store.domains.get(ref(globex, 'group.example')))?.keys.map(({ slot }) => slot)).toEqual([
        's1',
        's2',
      ]);
      await expect(give(globex, 'group.example', { by: 'tenant' })).rejects.toMatchObject({ code: 'conflict' });
    });

    it('goes with its keys and its history', async () => {
      await add(acme, key('s1', 'active'));
      await store.domains.recordCheck({ ...ref(), check: check(NOW, true) });
      expect(await store.domains.remove(ref())).toBe(true);
      expect(await store.domains.signingKeys({ tenantId: acme.id })).toEqual([]);
      await add(acme, key('s1', 'active'));
      expect(await store.domains.checks({ ...ref(), limit: 9 })).toEqual([]);
      await store.tenants.remove({ tenantId: acme.id, force: true, now: NOW });
      expect(await store.tenants.clear({ limit: 100 })).toEqual({ isDone: true });
      expect(await harness.problems()).toEqual([]);
    });
  });
}
