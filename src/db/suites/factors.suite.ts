/** The contract of the verbs about factors: TOTP, recovery codes and passkeys are good once each, and change who is signed in. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PasskeyRow } from '../verbs/factors.ts';
import type { UserRow } from '../verbs/people.ts';
import type { Store } from '../verbs/store.ts';
import { sessionOf, userNamed } from './people.suite.ts';
import type { StoreHarness } from './store.suite.ts';
import { MINUTE, NOW } from './suite.testing.ts';

export const passkeyOf = (user: UserRow, id: string, more: Partial<PasskeyRow> = {}): PasskeyRow => ({
  ...{ id, userId: user.id, name: `${id} of ${user.email}`, publicKey: 'k', counter: 0, transports: ['internal'] },
  createdAt: NOW,
  ...more,
});

export const challengeOf = (hash: string) => ({ hash, expiresAt: NOW + MINUTE });

export function factorsSuite(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`store, factors: ${name}`, () => {
    let harness: StoreHarness;
    let store: Store;
    let ada: UserRow;
    let bob: UserRow;
    beforeEach(async () => {
      harness = await createHarness();
      store = await harness.open();
      [ada, bob] = [userNamed('ada', { role: 'owner', passwordHash: 'h' }), userNamed('bob')];
      for (const user of [ada, bob]) await store.people.addUser(user);
    });
    afterEach(async () => {
      await store.close();
      await harness.cleanUp();
    });

    const factorsOf = async ({ id }: UserRow) => (await store.people.user({ id }))?.factors;
    const signIn = async (user: UserRow, hash: string) => {
      const session = sessionOf(user, hash);
      await store.people.addSession(session);
      return session.id;
    };
    const isSignedIn = async (hash: string) => (await store.people.session({ hash, now: NOW })) !== undefined;
    const addTotp = async (user: UserRow, { keepSession = '', recoveryHashes = ['r', 's'] } = {}) => {
      await store.factors.offerTotp({ userId: user.id, secret: 'v1.aa.x' });
      return store.factors.confirmTotp({ userId: user.id, step: 7, recoveryHashes, keepSession, now: NOW });
    };
    const addPasskey = (user: UserRow, id: string, keepSession = '') =>
      store.factors.addPasskey({ passkey: passkeyOf(user, id), challenge: challengeOf(`made ${id}`), keepSession });

    it('has TOTP once a code of what was offered was given', async () => {
      const { id: userId } = ada;
      expect(await store.factors.totp({ userId })).toBeUndefined();
      await store.factors.offerTotp({ userId, secret: 'v1.aa.x' });
      await store.factors.offerTotp({ userId, secret: 'v1.aa.y' });
      expect(await store.factors.totp({ userId })).toEqual({ secret: 'v1.aa.y', isConfirmed: false });
      expect(await factorsOf(ada)).toBeUndefined();
      expect(await store.factors.useTotpStep({ userId, step: 8 })).toBe(false);
      expect(await store.factors.setRecoveryCodes({ userId, hashes: ['r'] })).toBe(false);
      expect(await store.factors.removeTotp({ userId, keepSession: '' })).toBe(false);
      const given = { userId, step: 7, recoveryHashes: ['r', 's'], keepSession: '', now: NOW };
      expect(await store.factors.confirmTotp(given)).toBe(true);
      expect(await store.factors.confirmTotp(given)).toBe(false);
      expect(await store.factors.totp({ userId })).toEqual({ secret: 'v1.aa.y', isConfirmed: true, step: 7 });
      expect(await factorsOf(ada)).toEqual({ totp: true, recoveryCodes: 2, passkeys: 0 });
      await expect(store.factors.offerTotp({ userId, secret: 'v1.aa.z' })).rejects.toMatchObject({ code: 'conflict' });
      expect(await factorsOf(bob)).toBeUndefined();
      expect((await store.seals.list({ limit: 100 })).items.map(({ sealed }) => sealed)).toEqual(['v1.aa.y']);
    });

    it('takes each time step once, and none before it', async () => {
      await addTotp(ada);
      const use = (step: number) => store.factors.useTotpStep({ userId: ada.id, step });
      expect([await use(7), await use(9), await use(9), await use(8), await use(10)]).toEqual([
        false,
        true,
        false,
        false,
        true,
      ]);
    });

    it('takes each recovery code once, of its user alone', async () => {
      await addTotp(ada);
      await addTotp(bob, { recoveryHashes: ['t'] });
      const use = (user: UserRow, hash: string) => store.factors.useRecoveryCode({ userId: user.id, hash });
      expect([await use(bob, 'r'), await use(ada, 'r'), await use(ada, 'r')]).toEqual([false, true, false]);
      expect(await store.factors.setRecoveryCodes({ userId: ada.id, hashes: ['u'] })).toBe(true);
      expect([await use(ada, 's'), await use(ada, 'u'), await use(bob, 't')]).toEqual([false, true, true]);
    });

    it('ends the other sessions of the user with each change', async () => {
      const changes = [
        (keepSession: string) => addTotp(ada, { keepSession }),
        (keepSession: string) => store.factors.removeTotp({ userId: ada.id, keepSession }),
        (keepSession: string) => addPasskey(ada, 'p', keepSession),
        (keepSession: string) => store.factors.removePasskey({ id: 'p', userId: ada.id, keepSession }),
      ];
      await signIn(bob, 'bobs');
      for (const [at, change] of changes.entries()) {
        const kept = await signIn(ada, `kept ${at}`);
        await signIn(ada, `other ${at}`);
        expect(await change(kept)).toBe(true);
        expect([await isSignedIn(`kept ${at}`), await isSignedIn(`other ${at}`)]).toEqual([true, false]);
      }
      expect(await isSignedIn('bobs')).toBe(true);
    });

    it('keeps passkeys by their id, of one user each', async () => {
      expect(await addPasskey(ada, 'p')).toBe(true);
      await addPasskey(ada, 'q');
      expect(await factorsOf(ada)).toEqual({ totp: false, recoveryCodes: 0, passkeys: 2 });
      expect(await store.factors.passkeys({ userId: ada.id })).toEqual([passkeyOf(ada, 'p'), passkeyOf(ada, 'q')]);
      expect(await store.factors.passkeys({ userId: bob.id })).toEqual([]);
      expect(await store.factors.passkey({ id: 'p' })).toMatchObject({ passkey: { id: 'p' }, user: { id: ada.id } });
      expect(await store.factors.passkey({ id: 'x' })).toBeUndefined();
      const again = { passkey: passkeyOf(bob, 'p'), challenge: challengeOf('c'), keepSession: '' };
      await expect(store.factors.addPasskey(again)).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.factors.removePasskey({ id: 'p', userId: bob.id, keepSession: '' })).toBe(false);
      expect(await store.factors.removePasskey({ id: 'p', userId: ada.id, keepSession: '' })).toBe(true);
      expect(await factorsOf(ada)).toMatchObject({ passkeys: 1 });
    });

    it('takes no challenge twice, and no counter that does not go on', async () => {
      await addPasskey(ada, 'p');
      await addPasskey(ada, 'q');
      const use = (id: string, counter: number, hash: string) =>
        store.factors.usePasskey({ id, counter, challenge: challengeOf(hash), now: NOW + 5 });
      expect([await use('p', 0, 'a'), await use('p', 0, 'b'), await use('p', 0, 'b')]).toEqual([true, true, false]);
      expect([await use('q', 4, 'c'), await use('q', 4, 'd'), await use('q', 0, 'e'), await use('q', 5, 'f')]).toEqual([
        true,
        false,
        false,
        true,
      ]);
      expect(await use('x', 0, 'g')).toBe(false);
      expect((await store.factors.passkey({ id: 'q' }))?.passkey).toMatchObject({ counter: 5, usedAt: NOW + 5 });
      const again = { passkey: passkeyOf(ada, 'r'), challenge: challengeOf('a'), keepSession: '' };
      expect(await store.factors.addPasskey(again)).toBe(false);
    });

    it('loses all of it where it is taken away, and with its user', async () => {
      await addTotp(ada);
      await addPasskey(ada, 'p');
      await signIn(ada, 'a');
      const reset = await store.people.setUser({ userId: ada.id, passwordHash: null, factors: null, now: NOW });
      expect(reset).not.toHaveProperty('factors');
      expect(await isSignedIn('a')).toBe(false);
      expect(await store.factors.totp({ userId: ada.id })).toBeUndefined();
      expect(await store.factors.useRecoveryCode({ userId: ada.id, hash: 'r' })).toBe(false);
      await addTotp(bob);
      await addPasskey(bob, 'q');
      await store.people.removeUser({ userId: bob.id });
      expect(await store.factors.passkey({ id: 'q' })).toBeUndefined();
      expect((await store.seals.list({ limit: 100 })).items).toEqual([]);
    });

    it('sweeps answered challenges that have ended', async () => {
      await addPasskey(ada, 'p');
      expect(await store.people.sweep({ now: NOW + MINUTE - 1, limit: 10 })).toBe(0);
      expect(await store.people.sweep({ now: NOW + MINUTE, limit: 10 })).toBe(1);
    });
  });
}
