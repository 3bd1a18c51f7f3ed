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

  test('cuts what is long, before it is cleaned', () => {
    const long = 'auth.a'.repeat(50_000);
    const clean = show({ detail: long, [long]: 1, list: Array(1_000).fill(1) }) as Record<string, unknown>;
    expect(Object.keys(clean).every((name) => name.length <= 120)).toBe(true);
    expect(String(clean.detail)).toHaveLength(8 * 1024);
    expect(clean.list).toHaveLength(100);
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

  test('finds secrets by their form in any text, and by the name of their field', () => {
    const line = {
      reply: 'AUTH PLAIN AGEAYmxvb2Q= was sent with Bearer abcdefgh12345678 to smtp://u:blood@mx.example.com',
      hook: 'whsec_Ymxvb2Q=',
      pem: 'x -----BEGIN RSA PRIVATE KEY-----\nblood\n-----END RSA PRIVATE KEY----- y',
      'x-api-key': 'blood',
      settings: { client_secret: 'blood', masterKey: 'blood', refresh_token: 'blood' },
      subject: 'blood',
      messageId: '019cf5b2-6a00-7000-8000-3f1c8a5d9e01',
      keyId: 'k1',
    };
    const text = JSON.stringify(show(line));
    expect(text).not.toMatch(/blood|AGEAYmxvb2Q|Ymxvb2Q|abcdefgh/);
    expect(text).toContain('"messageId":"019cf5b2-6a00-7000-8000-3f1c8a5d9e01","keyId":"k1"');
    expect(text).toContain('smtp://u:***@mx.example.com');
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

  test('leaves out functions, so that none is called when the line is written', () => {
    const toJSON = () => 'forged';
    expect(JSON.stringify(hide({ a: 1, toJSON, list: [toJSON], nested: { toJSON } }))).toBe(
      '{"a":1,"list":[null],"nested":{}}',
    );
  });
});
