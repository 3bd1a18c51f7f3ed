import { describe, expect, test } from 'vitest';
import { createRedact, redactAddress } from './redact.ts';

describe('redactAddress', () => {
  test.each([
    ['alice@example.com', 'a***@example.com'],
    ['"odd@local"@example.com', '"***@example.com'],
    ['é@exämple.de', 'é***@exämple.de'],
    ['@example.com', '***'],
    ['nothing', '***'],
    ['', '***'],
  ])('%s becomes %s', (email, expected) => {
    expect(redactAddress(email)).toBe(expected);
  });
});

describe('createRedact', () => {
  const hide = createRedact({ showAddresses: false });
  const show = createRedact({ showAddresses: true });

  test('finds addresses inside text, lists and nested fields', () => {
    const line = {
      reply: '550 5.1.1 <bob@example.com>: no such user, try carol@example.org',
      to: ['dan@example.net'],
      deep: { sender: 'eve@example.com' },
    };
    const text = JSON.stringify(hide(line));
    expect(text).toContain('b***@example.com');
    for (const name of ['bob', 'carol', 'dan', 'eve']) expect(text).not.toContain(name);
    expect(show(line)).toEqual(line);
  });

  test('never lets a secret through, even where addresses are shown', () => {
    const secret = 'S'.repeat(43);
    const line = { message: `key iep_abcd1234_${secret} used`, password: 'hunter2', headers: { Authorization: 'x y' } };
    expect(show(line)).toEqual({
      message: 'key iep_abcd1234_*** used',
      password: '***',
      headers: { Authorization: '***' },
    });
  });

  test('keeps where and why of an error, without addresses', () => {
    const error = new Error('refused bob@example.com', { cause: new Error('socket to eve@example.com') });
    const described = JSON.stringify(hide({ error }));
    expect(described).toContain('redact.test.ts');
    expect(described).toContain('socket to');
    expect(described).not.toMatch(/bob|eve/);
  });

  test('cuts off what is nested deeper than a log line should be', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    expect(JSON.stringify(hide(loop))).toContain('…');
  });
});
