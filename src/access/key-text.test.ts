import { expect, test } from 'vitest';
import { formatKey, newKeyText, parseKey } from './key-text.ts';
import { hashSecret, verifySecret } from './secret-hash.ts';

test('a key is read back as it was made', () => {
  const text = newKeyText();
  const key = formatKey(text);
  expect(key).toMatch(/^iep_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}$/);
  expect(parseKey(key)).toEqual(text);
});

test.each([
  '',
  'iep_',
  'iep_abc_def',
  `iep_abcdefgh_${'x'.repeat(42)}`,
  `iep_abcdefgh_${'x'.repeat(44)}`,
  `IEP_abcdefgh_${'x'.repeat(43)}`,
])('%j is not a key', (text) => {
  expect(parseKey(text)).toBeUndefined();
});

test('every digit occurs, and no key comes twice', () => {
  const keys = Array.from({ length: 300 }, newKeyText);
  expect(new Set(keys.map(({ secret }) => secret)).size).toBe(300);
  expect(new Set(keys.flatMap(({ secret }) => [...secret])).size).toBe(62);
});

test('hashes are argon2id in PHC form, salted, and verify only their secret', async () => {
  const [first, second] = await Promise.all([hashSecret('secret'), hashSecret('secret')]);
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[0-9A-Za-z+/]{22}\$[0-9A-Za-z+/]{43}$/);
  expect(first).not.toBe(second);
  expect(await verifySecret('secret', first)).toBe(true);
  expect(await verifySecret('Secret', first)).toBe(false);
});

test('a hash of another program with other parameters verifies', async () => {
  // Made with the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32 -e
  const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await verifySecret('password', reference)).toBe(true);
});

test('a row that holds no hash is a fault and not a wrong key', async () => {
  await expect(verifySecret('x', '$2b$10$abc')).rejects.toThrow('PHC');
});
