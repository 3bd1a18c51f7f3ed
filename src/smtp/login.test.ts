import { expect, test } from 'vitest';
import { IepError } from '../core/errors.ts';
import { acme, deliver, dial, globex, greet, openDoor, plainAuth, type TestDoor } from './door.testing.ts';
import type { SmtpOptions } from './listener.ts';

const MAIL = 'MAIL FROM:<app@example.com>';

async function withDoor(options: Partial<SmtpOptions>, story: (door: TestDoor) => Promise<void>): Promise<void> {
  const door = await openDoor({ trustedNetworks: [], ...options });
  try {
    await story(door);
  } finally {
    await door.close();
  }
}

test('without a login nobody relays, whatever they try', () =>
  withDoor({}, async (door) => {
    const client = await greet(door.port);
    expect(await client.say(MAIL)).toMatch(/^530 5\.7\.0 /);
    expect(await client.say('RCPT TO:<user@example.net>')).toMatch(/^503 5\.5\.1 /);
    expect(await client.say('DATA')).toMatch(/^503 5\.5\.1 /);
    expect(await client.say('X-IEP-Tenant: acme')).toMatch(/^500 5\.5\.2 /);
    expect(await client.say('XCLIENT LOGIN=acme')).toMatch(/^500 5\.5\.2 /);
    expect(await client.say('AUTH PLAIN')).toBe('334');
    expect(await client.say('*')).toMatch(/^501 /);
    expect(await client.say(MAIL)).toMatch(/^530 5\.7\.0 /);
    expect(door.taken).toEqual([]);
    client.close();
  }));

test('the key decides the tenant, whatever the user name says: it does not tell which tenants there are', () =>
  withDoor({}, async (door) => {
    for (const username of ['acme', 'anything', 'apikey', 'globex', 'dormant']) {
      const client = await greet(door.port);
      expect(await client.say(plainAuth(username, 'iep_acme_send'))).toMatch(/^235 2\.7\.0 /);
      expect(await deliver(client)).toMatch(/^250 2\.0\.0 queued as [0-9a-f-]{36}$/);
      client.close();
    }
    expect(new Set(door.taken.map(({ tenant }) => tenant))).toEqual(new Set([acme]));
  }));

test('a wrong key is answered alike whether or not its user name is a tenant', () =>
  withDoor({}, async (door) => {
    const replies = [];
    for (const username of ['acme', 'nobody', 'dormant', '']) {
      const client = await greet(door.port);
      replies.push(await client.say(plainAuth(username, 'iep_wrong')));
      client.close();
    }
    expect(new Set(replies).size).toBe(1);
  }));

test('AUTH LOGIN works in three steps, and with the user name at once', () =>
  withDoor({}, async (door) => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const first = await greet(door.port);
    expect(await first.say('AUTH LOGIN')).toBe('334 VXNlcm5hbWU6');
    expect(await first.say(base64('acme'))).toBe('334 UGFzc3dvcmQ6');
    expect(await first.say(base64('iep_acme_send'))).toMatch(/^235 /);
    expect(await deliver(first)).toMatch(/^250 /);
    first.close();

    const second = await greet(door.port);
    expect(await second.say(`AUTH LOGIN ${base64('acme')}`)).toBe('334 UGFzc3dvcmQ6');
    expect(await second.say(base64('iep_acme_send'))).toMatch(/^235 /);
    second.close();
  }));

test.each([
  ['a wrong key', 'iep_wrong', /^535 5\.7\.8 /],
  ['a key that may only read', 'iep_acme_read', /^535 5\.7\.8 .*scope send/],
  ["an operator's key", 'iep_operator', /^535 5\.7\.8 .*no tenant/],
  ['no key', '', /^535 5\.7\.8 /],
])('%s is not a login', (_name, key, reply) =>
  withDoor({}, async (door) => {
    const client = await greet(door.port);
    expect(await client.say(plainAuth('acme', key))).toMatch(reply);
    expect(await client.say(MAIL)).toMatch(/^530 /);
    expect(door.log).toContainEqual({
      level: 'info',
      fields: { door: 'smtp', client: '127.0.0.1', username: 'acme', code: 'unauthorized' },
      message: 'login refused',
    });
    expect(JSON.stringify(door.log)).not.toContain(key || 'no key was given');
    client.close();
  }),
);

test('who failed too often is sent away', () =>
  withDoor({}, async (door) => {
    const client = await greet(door.port);
    expect(await client.say(plainAuth('acme', 'iep_shut_out'))).toMatch(/^421 4\.7\.0 .*try again in 300 s$/);
    expect(await client.rest()).toBe('');
  }));

test('a fault in checking a key is told as temporary, and its particulars only to the log', () =>
  withDoor({}, async (door) => {
    const client = await greet(door.port);
    expect(await client.say(plainAuth('acme', 'iep_broken'))).toBe('451 4.3.0 Something went wrong inside IEP');
    expect(String(door.log.find(({ level }) => level === 'error')?.fields.error)).toContain('on fire');
    client.close();
  }));

test('a key revoked while a session lasts sends nothing more', () =>
  withDoor({}, async (door) => {
    const client = await greet(door.port);
    await client.say(plainAuth('acme', 'iep_acme_send'));
    expect(await deliver(client)).toMatch(/^250 /);
    door.revoked.add('iep_acme_send');
    expect(await client.say(MAIL)).toMatch(/^535 5\.7\.8 /);
    expect(await client.say(MAIL)).toMatch(/^530 5\.7\.0 /);
    expect(door.taken).toHaveLength(1);
    client.close();
  }));

test('an identity does not change within a session, nor within a transaction', () =>
  withDoor({ trustedNetworks: [{ cidr: '127.0.0.0/8', tenant: 'acme' }] }, async (door) => {
    const client = await greet(door.port);
    expect(await client.say(MAIL)).toMatch(/^250 2\.1\.0 /);
    expect(await client.say(plainAuth('globex', 'iep_globex_send'))).toMatch(/^503 5\.5\.1 /);
    await client.say('RSET');
    expect(await client.say(plainAuth('globex', 'iep_globex_send'))).toMatch(/^235 /);
    expect(await client.say(plainAuth('acme', 'iep_acme_send'))).toMatch(/^503 5\.5\.1 /);
    expect(await deliver(client)).toMatch(/^250 /);
    expect(door.taken.map(({ tenant }) => tenant)).toEqual([globex]);
    client.close();
  }));

test.each([
  ['never', /^538 5\.7\.11 /, false],
  ['loopback', /^235 /, true],
  ['always', /^235 /, true],
] as const)('plaintextAuth %s on a connection from this machine', (plaintextAuth, reply, offered) =>
  withDoor({ plaintextAuth }, async (door) => {
    const client = await dial(door.port);
    await client.reply();
    expect((await client.say('EHLO x')).includes('AUTH PLAIN LOGIN')).toBe(offered);
    expect(await client.say(plainAuth('acme', 'iep_acme_send'))).toMatch(reply);
    client.close();
  }),
);

test('a trusted network submits as its tenant; other addresses do not', () =>
  withDoor({ trustedNetworks: [{ cidr: '127.0.0.2/32', tenant: 'globex' }] }, async (door) => {
    const trusted = await greet(door.port, { localAddress: '127.0.0.2' });
    expect(await deliver(trusted)).toMatch(/^250 /);
    expect(door.taken.map(({ tenant }) => tenant)).toEqual([globex]);
    expect(door.taken[0]?.content).toMatch(/with ESMTP id /);

    const stranger = await greet(door.port, { localAddress: '127.0.0.3' });
    expect(await stranger.say(MAIL)).toMatch(/^530 5\.7\.0 /);
    trusted.close();
    stranger.close();
  }));

test('a trusted network whose tenant does not exist, or is not active, is refused and logged', () =>
  withDoor(
    {
      trustedNetworks: [
        { cidr: '127.0.0.2/32', tenant: 'ghost' },
        { cidr: '127.0.0.3/32', tenant: 'dormant' },
      ],
    },
    async (door) => {
      for (const [localAddress, reply] of [
        ['127.0.0.2', /^550 5\.7\.1 .*ghost/],
        ['127.0.0.3', /^550 5\.7\.1 .*not active/],
      ] as const) {
        const client = await greet(door.port, { localAddress });
        expect(await client.say(MAIL)).toMatch(reply);
        client.close();
      }
      const refused = door.log.filter(({ message }) => message === 'sender refused');
      expect(refused.map(({ fields }) => fields.code)).toEqual(['forbidden', 'tenant_inactive']);
    },
  ));

test('the first network that holds an address decides', () =>
  withDoor(
    {
      trustedNetworks: [
        { cidr: 'fd00::/8', tenant: 'ghost' },
        { cidr: '127.0.0.1/32', tenant: 'globex' },
        { cidr: '127.0.0.0/8', tenant: 'acme' },
      ],
    },
    async (door) => {
      const client = await greet(door.port);
      await deliver(client);
      expect(door.taken.map(({ tenant }) => tenant.slug)).toEqual(['globex']);
      client.close();
    },
  ));

test('a network that is not written as CIDR is refused before anything listens', async () => {
  await expect(openDoor({ trustedNetworks: [{ cidr: 'localhost', tenant: 'acme' }] })).rejects.toThrow();
});

test('a refusal of accept reaches the client with its own codes', async () => {
  const refusals: readonly (readonly [error: unknown, reply: RegExp])[] = [
    [
      new IepError('sender_domain_not_allowed', 'example.com is not allowed'),
      /^553 5\.7\.1 example\.com is not allowed$/,
    ],
    [new IepError('rate_limited', undefined, { retryAfterMs: 1500 }), /^451 4\.7\.1 .*try again in 2 s$/],
    [new IepError('store_unavailable'), /^451 4\.3\.0 /],
    [new IepError('idempotency_key_reused', 'The key belongs to message 1'), /^550 5\.7\.1 The key belongs/],
    [new IepError('invalid_request', 'subject: é\r\n250 no'), /^550 5\.6\.0 subject: \?250 no$/],
    [new Error('secret particulars'), /^451 4\.3\.0 Something went wrong inside IEP$/],
  ];
  for (const [error, reply] of refusals) {
    const door = await openDoor({}, { accept: () => Promise.reject(error) });
    const client = await greet(door.port);
    expect(await deliver(client)).toMatch(reply);
    client.close();
    await door.close();
  }
});
