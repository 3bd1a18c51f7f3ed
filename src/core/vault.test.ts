import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createVault, keyIdOf, type MasterKeys, sealedBy } from './vault.ts';

const unreadable = expect.objectContaining({ code: 'secret_unreadable' });

test('opens what it sealed, in its context only', () => {
  const vault = createVault([randomBytes(32)]);
  const sealed = vault.seal('hunter2 €', 'provider:relay');
  expect(sealed).not.toContain('hunter2');
  expect(vault.open(sealed, 'provider:relay')).toBe('hunter2 €');
  expect(() => vault.open(sealed, 'provider:other')).toThrow(unreadable);
  expect(vault.seal('hunter2 €', 'provider:relay')).not.toBe(sealed);
});

test('a changed text opens nowhere', () => {
  const vault = createVault([randomBytes(32)]);
  const sealed = vault.seal('secret', 'x');
  const [form, id, payload = ''] = sealed.split('.');
  const bytes = Buffer.from(payload, 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => vault.open([form, id, changed.toString('base64url')].join('.'), 'x')).toThrow(unreadable);
  }
  for (const broken of ['', 'v1', 'v1..', `v1.${id}.`, 'secret', `v2.${id}.${payload}`]) {
    expect(() => vault.open(broken, 'x')).toThrow(unreadable);
  }
});

test('an older key still opens, the first seals', () => {
  const [old, young] = [randomBytes(32), randomBytes(32)];
  const sealed = createVault([old]).seal('secret', 'x');
  const vault = createVault([young, old]);
  expect(vault.open(sealed, 'x')).toBe('secret');
  expect(sealedBy(sealed)).toBe(keyIdOf(old));
  expect(sealedBy(vault.seal('secret', 'x'))).toBe(vault.keyId);
  expect(() => createVault([young]).open(sealed, 'x')).toThrow(unreadable);
  expect(sealedBy('whsec_abc')).toBeUndefined();
});

test('keys that change are seen by the vault that has them', () => {
  const [old, young] = [randomBytes(32), randomBytes(32)];
  let keys: MasterKeys = [old];
  const vault = createVault({ keys: () => keys });
  const sealed = vault.seal('secret', 'x');
  keys = [young, old];
  expect(vault.open(sealed, 'x')).toBe('secret');
  expect(sealedBy(vault.seal('secret', 'x'))).toBe(keyIdOf(young));
  keys = [young];
  expect(() => vault.open(sealed, 'x')).toThrow(unreadable);
});

test('a derived key is the same for the same purpose and master key, and for no other', () => {
  const [one, other] = [randomBytes(32), randomBytes(32)];
  const [first, second] = createVault([one, other]).derive('audit');
  expect(createVault([one]).derive('audit')).toEqual([first]);
  expect(first).toMatchObject({ keyId: keyIdOf(one) });
  expect(second).toEqual(createVault([other]).derive('audit')[0]);
  expect(first.key).not.toEqual(second?.key);
  expect(createVault([one]).derive('other')[0].key).not.toEqual(first.key);
});
