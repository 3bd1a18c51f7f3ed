/** The contract of the verbs about people: users and their roles, links, sessions. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IDLE_MS, LONGEST_MS } from '../../core/session-life.ts';
import type { SessionRow, UserRow } from '../verbs/people.ts';
import type { Store } from '../verbs/store.ts';
import type { StoreHarness } from './store.suite.ts';
import { DAY, MINUTE, NOW, newId } from './suite.testing.ts';

export const userNamed = (name: string, more: Partial<UserRow> = {}): UserRow => ({
  ...{ id: newId(), email: `${name}@example.com`, tenants: [], createdAt: NOW, updatedAt: NOW },
  ...more,
});

export const sessionOf = (user: UserRow, hash: string, more: Partial<SessionRow> = {}): SessionRow => ({
  ...{ id: newId(), userId: user.id, hash, way: 'password', source: '192.0.2.1', createdAt: NOW, usedAt: NOW },
  ...more,
});

export function peopleSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`store, people: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const add = async (name: string, more: Partial<UserRow> = {}) => {
      const user = userNamed(name, more);
      await store.people.addUser(user);
      return user;
    };
    const addTenant = (slug: string) => store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: NOW });
    const isSignedIn = async (hash: string, now = NOW) => (await store.people.session({ hash, now })) !== undefined;

    it('keeps users by address, once each', async () => {
      const ada = await add('ada', { role: 'owner', passwordHash: 'h' });
      expect(await store.people.user({ id: ada.id })).toEqual(ada);
      expect(await store.people.user({ email: ada.email })).toEqual(ada);
      expect(await store.people.user({ email: 'nobody@example.com' })).toBeUndefined();
      await expect(add('ada')).rejects.toMatchObject({ code: 'conflict' });
      await add('aaron');
      expect((await store.people.users({})).map(({ email }) => email)).toEqual([
        'aaron@example.com',
        'ada@example.com',
      ]);
    });

    it('makes them members of tenants, of which each sees its own', async () => {
      const [acme, rival] = [await addTenant('acme'), await addTenant('rival')];
      const tenants = [{ tenantId: acme.id, role: 'admin' as const }];
      const ada = await add('ada', { tenants });
      await add('bob', { tenants: [{ tenantId: rival.id, role: 'viewer' }] });
      expect((await store.people.user({ id: ada.id }))?.tenants).toEqual(tenants);
      expect((await store.people.users({ tenantId: acme.id })).map(({ id }) => id)).toEqual([ada.id]);
      await expect(add('eve', { tenants: [{ tenantId: 'none', role: 'admin' }] })).rejects.toMatchObject({
        code: 'not_found',
      });
      expect(await store.people.user({ email: 'eve@example.com' })).toBeUndefined();
    });

    it('leaves no member to a tenant that is removed', async () => {
      const acme = await addTenant('acme');
      const ada = await add('ada', { tenants: [{ tenantId: acme.id, role: 'admin' }] });
      await store.tenants.remove({ tenantId: acme.id, force: true, now: NOW });
      expect((await store.people.user({ id: ada.id }))?.tenants).toEqual([]);
      await store.tenants.clear({ limit: 100 });
      expect((await store.people.user({ id: ada.id }))?.tenants).toEqual([]);
    });

    it('changes what is given, and ends the sessions where rights or password are others', async () => {
      const ada = await add('ada', { role: 'viewer', passwordHash: 'h' });
      const now = NOW + 1;
      await store.people.addSession(sessionOf(ada, 'a'));
      await store.people.setUser({ userId: ada.id, signedInAt: now, now });
      await store.people.setUser({ userId: ada.id, role: 'viewer', now });
      expect(await isSignedIn('a')).toBe(true);
      expect(await store.people.setUser({ userId: ada.id, role: 'operator', now })).toEqual({
        ...ada,
        ...{ role: 'operator', signedInAt: now, updatedAt: now },
      });
      expect(await isSignedIn('a')).toBe(false);

      const kept = sessionOf(ada, 'b');
      await store.people.addSession(kept);
      await store.people.addSession(sessionOf(ada, 'c'));
      const changed = await store.people.setUser({ userId: ada.id, passwordHash: 'i', keepSession: kept.id, now });
      expect(changed).toMatchObject({ passwordHash: 'i', role: 'operator' });
      expect([await isSignedIn('b'), await isSignedIn('c')]).toEqual([true, false]);
      expect(await store.people.setUser({ userId: ada.id, passwordHash: null, role: null, now })).not.toHaveProperty(
        'role',
      );
      expect(await isSignedIn('b')).toBe(false);
      expect(await store.people.setUser({ userId: 'nobody', now })).toBeUndefined();
    });

    it('always has an owner, once there was one', async () => {
      const ada = await add('ada', { role: 'owner' });
      const demote = () => store.people.setUser({ userId: ada.id, role: 'viewer', now: NOW });
      await expect(demote()).rejects.toMatchObject({ code: 'conflict' });
      await expect(store.people.removeUser({ userId: ada.id })).rejects.toMatchObject({ code: 'conflict' });
      await add('bob', { role: 'owner' });
      expect(await demote()).toMatchObject({ role: 'viewer' });
    });

    it('removes one with its sessions and links', async () => {
      const ada = await add('ada', { role: 'viewer' });
      await store.people.addSession(sessionOf(ada, 'a'));
      await store.people.addLink({ hash: 'l', kind: 'password', userId: ada.id, expiresAt: NOW + DAY });
      expect(await store.people.removeUser({ userId: ada.id })).toBe(true);
      expect(await store.people.removeUser({ userId: ada.id })).toBe(false);
      expect(await isSignedIn('a')).toBe(false);
      expect(await store.people.link({ hash: 'l', now: NOW })).toBeUndefined();
    });

    it('has one link a user, which is good once and until its end', async () => {
      const ada = await add('ada', { role: 'viewer' });
      const bob = await add('bob', { role: 'viewer' });
      const linkOf = (user: UserRow, hash: string) =>
        store.people.addLink({ hash, kind: 'password', userId: user.id, expiresAt: NOW + DAY });
      await linkOf(ada, 'first');
      await linkOf(bob, 'other');
      await linkOf(ada, 'second');
      expect(await store.people.link({ hash: 'first', now: NOW })).toBeUndefined();
      expect(await store.people.link({ hash: 'second', now: NOW })).toMatchObject({
        link: { kind: 'password' },
        user: ada,
      });
      expect(await store.people.link({ hash: 'second', now: NOW + DAY })).toBeUndefined();
      expect(await store.people.useLink({ hash: 'second', passwordHash: 'h', now: NOW + DAY })).toBeUndefined();

      await store.people.addSession(sessionOf(ada, 'a'));
      expect(await store.people.useLink({ hash: 'second', passwordHash: 'h', now: NOW })).toMatchObject({
        passwordHash: 'h',
      });
      expect(await isSignedIn('a')).toBe(false);
      expect(await store.people.useLink({ hash: 'second', passwordHash: 'i', now: NOW })).toBeUndefined();
      expect((await store.people.user({ id: ada.id }))?.passwordHash).toBe('h');
      expect(await store.people.link({ hash: 'other', now: NOW })).toMatchObject({ user: { id: bob.id } });
    });

    it('makes the first owner by a link, and no second one', async () => {
      const addLink = (hash: string) => store.people.addLink({ hash, kind: 'owner', expiresAt: NOW + DAY });
      const use = (hash: string) =>
        store.people.useLink({ hash, passwordHash: 'h', owner: { id: newId(), email: 'ada@example.com' }, now: NOW });
      await addLink('a');
      await addLink('b');
      expect(await store.people.link({ hash: 'a', now: NOW })).toBeUndefined();
      expect(await store.people.useLink({ hash: 'b', passwordHash: 'h', now: NOW })).toBeUndefined();
      expect(await use('b')).toMatchObject({ email: 'ada@example.com', role: 'owner', passwordHash: 'h' });
      await addLink('c');
      expect(await store.people.link({ hash: 'c', now: NOW })).toBeUndefined();
      expect(await use('c')).toBeUndefined();
    });

    describe('from a login provider', () => {
      const identity = { issuer: 'https://login.example', subject: '1' };
      const viewer = { role: 'viewer', tenants: [] } as const;
      const enter = (input: Partial<Parameters<Store['people']['enter']>[0]>) =>
        store.people.enter({ identity, userId: newId(), now: NOW + 1, ...input });

      it('adds who is new, and finds it again by its identity alone', async () => {
        const acme = await addTenant('acme');
        const tenants = [{ tenantId: acme.id, role: 'sender' as const }];
        const added = await enter({ email: 'ada@example.com', rights: { tenants } });
        expect(added).toMatchObject({ entered: 'added', user: { email: 'ada@example.com', tenants } });
        const user = await store.people.user(identity);
        expect(user).toMatchObject({ id: added.user?.id, issuers: [identity.issuer] });
        expect(await enter({ email: 'else@example.com' })).toMatchObject({ entered: 'known', user: { id: user?.id } });
        const namesake = enter({ identity: { ...identity, subject: '2' }, email: 'ada@example.com', rights: viewer });
        expect(await namesake).toMatchObject({ refused: 'taken' });
        expect(await store.people.user({ ...identity, issuer: 'https://other.example' })).toBeUndefined();
      });

      it('has the rights that come along, and keeps no session of others', async () => {
        const { user } = await enter({ email: 'ada@example.com', rights: viewer });
        if (user === undefined) throw new Error('nobody entered');
        await store.people.addSession(sessionOf(user, 'a'));
        await enter({ rights: viewer });
        expect(await isSignedIn('a')).toBe(true);
        const changed = await enter({ rights: { role: 'operator', tenants: [] } });
        expect(changed).toMatchObject({ before: { role: 'viewer' }, user: { role: 'operator' } });
        expect(await isSignedIn('a')).toBe(false);
        expect(await enter({ rights: { tenants: [] } })).toMatchObject({ refused: 'no_role' });
        expect(await store.people.user(identity)).not.toHaveProperty('role');
      });

      it('keeps the last owner', async () => {
        await enter({ email: 'ada@example.com', rights: { role: 'owner', tenants: [] } });
        await expect(enter({ rights: viewer })).rejects.toMatchObject({ code: 'conflict' });
        expect(await store.people.user(identity)).toMatchObject({ role: 'owner' });
      });

      it('joins a user who was added and never came, whose link is good no more', async () => {
        const ada = await add('ada', { role: 'operator' });
        await store.people.addLink({ hash: 'l', kind: 'password', userId: ada.id, expiresAt: NOW + DAY });
        expect(await enter({})).toEqual({ refused: 'no_role' });
        expect(await enter({ email: ada.email })).toMatchObject({ entered: 'joined', user: { ...ada } });
        expect(await store.people.link({ hash: 'l', now: NOW })).toBeUndefined();
      });

      it('is forgotten with the other factors, and with the user', async () => {
        const { user } = await enter({ email: 'ada@example.com', rights: viewer });
        await store.people.setUser({ userId: user?.id ?? '', factors: null, now: NOW });
        expect(await store.people.user(identity)).toBeUndefined();
        expect(await enter({ email: 'ada@example.com' })).toMatchObject({ entered: 'joined' });
        await store.people.removeUser({ userId: user?.id ?? '' });
        expect(await store.people.user(identity)).toBeUndefined();
      });
    });

    it('ends a session by the clock', async () => {
      const ada = await add('ada', { role: 'viewer' });
      const session = sessionOf(ada, 'a', { agent: 'Firefox', factorAt: NOW });
      await store.people.addSession(session);
      expect(await store.people.session({ hash: 'a', now: NOW + IDLE_MS - 1 })).toEqual({ session, user: ada });
      expect(await isSignedIn('a', NOW + IDLE_MS)).toBe(false);
      await store.people.setSession({ sessionId: session.id, usedAt: NOW + LONGEST_MS - 1 });
      expect(await isSignedIn('a', NOW + LONGEST_MS - 1)).toBe(true);
      expect(await isSignedIn('a', NOW + LONGEST_MS)).toBe(false);
      await store.people.setSession({ sessionId: session.id, usedAt: NOW + MINUTE });
      expect(await isSignedIn('a', NOW + LONGEST_MS - 1)).toBe(true);
    });

    it('gives a session another cookie, and ends it for its user alone', async () => {
      const [ada, bob] = [await add('ada'), await add('bob')];
      const session = sessionOf(ada, 'a');
      await store.people.addSession(session);
      expect(await store.people.setSession({ sessionId: session.id, hash: 'b', factorAt: NOW + 1 })).toBe(true);
      expect(await isSignedIn('a')).toBe(false);
      expect(await store.people.session({ hash: 'b', now: NOW })).toMatchObject({ session: { factorAt: NOW + 1 } });
      expect(await store.people.sessions({ userId: bob.id, now: NOW })).toEqual([]);
      expect(await store.people.sessions({ userId: ada.id, now: NOW })).toMatchObject([{ id: session.id }]);
      expect(await store.people.sessions({ userId: ada.id, now: NOW + IDLE_MS })).toEqual([]);
      expect(await store.people.endSession({ sessionId: session.id, userId: bob.id })).toBe(false);
      expect(await store.people.endSession({ sessionId: session.id, userId: ada.id })).toBe(true);
      expect(await store.people.endSession({ sessionId: session.id })).toBe(false);
      expect(await store.people.setSession({ sessionId: session.id, usedAt: NOW })).toBe(false);
    });

    it('sweeps what has ended', async () => {
      const ada = await add('ada');
      await store.people.addSession(sessionOf(ada, 'a'));
      await store.people.addSession(sessionOf(ada, 'b', { usedAt: NOW + MINUTE }));
      await store.people.addLink({ hash: 'l', kind: 'password', userId: ada.id, expiresAt: NOW });
      expect(await store.people.sweep({ now: NOW + IDLE_MS, limit: 10 })).toBe(2);
      expect(await isSignedIn('b', NOW + MINUTE)).toBe(true);
      expect(await store.people.sweep({ now: NOW + IDLE_MS, limit: 10 })).toBe(0);
    });
  });
}
