/** Sender domains against a real name server and the real store. */

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/eventually.ts';
import { createManualClock, type ManualClock } from '../../../test/manual-clock.ts';
import { createNameServer, type NameServer } from '../../../test/name-server.ts';
import { openTestStore, type TestStore } from '../../../test/store.ts';
import { systemClock } from '../../core/clock.ts';
import { createIds } from '../../core/ids.ts';
import { createVault } from '../../core/vault.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { Tenant } from '../../db/verbs/tenants.ts';
import { keyPairs, type MakeKeyPairs } from '../../message/dkim/key-pairs.ts';
import { createDns } from './dns.ts';
import { createDomains, type DomainReport, type Domains } from './domains.ts';

const DAY_MS = 86_400_000;

let dns: NameServer;
let opened: TestStore;
let store: Store;
let clock: ManualClock;
let acme: Tenant;
let domains: Domains;
let changes: number;
let making: MakeKeyPairs;

beforeAll(async () => {
  dns = await createNameServer();
});
afterAll(() => dns.close());
beforeEach(async () => {
  dns.clear();
  opened = await openTestStore();
  ({ store } = opened);
  clock = createManualClock();
  changes = 0;
  making = async () => keyPairs();
  const newId = createIds(clock);
  acme = await store.tenants.add({ id: newId(), slug: 'acme', name: 'acme', settings: {}, now: clock.now() });
  domains = createDomains(
    {
      ...{ store, clock, newId, vault: createVault([new Uint8Array(32)]) },
      openDns: createDns({ clock: systemClock }, { servers: [dns.address] }),
      makeKeyPairs: () => making(),
      onChange: () => {
        changes += 1;
      },
    },
    {
      spfInclude: '_spf.platform.example',
      returnPath: 'bounces.platform.example',
      selectors: ['iep1', 'iep2'],
      maxPerTenant: 3,
    },
  );
});
afterEach(async () => {
  await opened.close();
});

const ref = (domain = 'acme.example') => ({ tenantId: acme.id, domain });
const add = (domain?: string) => domains.add({ ...ref(domain), by: 'operator', shared: false });
const verify = (domain?: string) => domains.verify(ref(domain));
const rotate = (options: { activate?: boolean; force?: boolean } = {}) =>
  domains.rotate(ref(), { activate: false, force: false, ...options });

/** Does what the owner of the domain was told to. */
function publish({ records }: DomainReport): void {
  for (const { type, name, value } of records) {
    if (type === 'TXT') dns.txt(name, value);
    else dns.cname(name, value);
  }
}

const statuses = ({ check }: Awaited<ReturnType<Domains['verify']>>) =>
  check.results.map(({ purpose, status }) => `${purpose} ${status}`);
const states = ({ keys }: DomainReport) => keys.map(({ selector, state }) => `${selector} ${state}`);

describe('a domain', () => {
  it('is verified when what was printed is published', async () => {
    const added = await add();
    expect(added).toMatchObject({ verified: false, notes: [] });
    publish(added);
    const verified = await verify();
    expect(statuses(verified)).toEqual(['spf ok', 'dkim ok', 'dkim ok', 'dmarc ok', 'return-path ok']);
    expect(verified).toMatchObject({ verified: true, verifiedAt: clock.now(), checkedAt: clock.now() });
    expect(changes).toBe(2);
  });

  it('is verified with more records than an answer over UDP can hold', async () => {
    publish(await add());
    const others = Array.from({ length: 12 }, (_, n) => `some-site-verification=${'x'.repeat(60)}${n}`);
    dns.txt('acme.example', ...others, ['v=spf1 incl', 'ude:_spf.platform.example ~all']);
    expect((await verify()).verified).toBe(true);
    expect(dns.asked).toContain('tcp TXT acme.example');
  });

  it('may be published by alias, and its return path by MX', async () => {
    const added = await add();
    publish(added);
    const key = added.records.find(({ name }) => name === 'iep1._domainkey.acme.example')?.value ?? '';
    dns.clear();
    publish({ ...added, records: added.records.filter(({ type }) => type === 'TXT') });
    dns.txt('iep1._domainkey.acme.example');
    dns.cname('iep1._domainkey.acme.example', 'acme.keys.example');
    dns.txt('acme.keys.example', key);
    dns.mx('bounces.acme.example', 'Bounces.Platform.example');
    expect(statuses(await verify())).toEqual(['spf ok', 'dkim ok', 'dkim ok', 'dmarc ok', 'return-path ok']);
  });

  it('says what is missing, and is not verified', async () => {
    await add();
    const verified = await verify();
    expect(statuses(verified)).toEqual([
      'spf missing',
      'dkim missing',
      'dkim missing',
      'dmarc missing',
      'return-path missing',
    ]);
    expect(verified.verified).toBe(false);
  });

  it('needs SPF and the RSA key; the rest is advised', async () => {
    const added = await add();
    publish({ ...added, records: added.records.filter(({ required }) => required) });
    const verified = await verify();
    expect(verified.verified).toBe(true);
    expect(statuses(verified)).toEqual(['spf ok', 'dkim ok', 'dkim missing', 'dmarc missing', 'return-path missing']);
  });

  it('stops to be verified when a record goes, and not when DNS cannot be asked', async () => {
    publish(await add());
    const since = (await verify()).verifiedAt;
    await clock.advance(1_000);
    for (const how of ['SERVFAIL', 'REFUSED'] as const) {
      dns.fail('acme.example', how);
      const unsure = await verify();
      expect(statuses(unsure)[0]).toBe('spf dns_failure');
      expect(unsure).toMatchObject({ verified: true, verifiedAt: since });
    }
    // Something else is certainly wrong.
    dns.txt('iep1._domainkey.acme.example', 'v=DKIM1; p=');
    expect((await verify()).verified).toBe(false);
    expect((await domains.report(ref())).verifiedAt).toBeUndefined();
    expect((await domains.history(ref(), 10)).map(({ verified }) => verified)).toEqual([false, true, true, true]);
  });

  it('does not wait long for a name server that says nothing', async () => {
    publish(await add());
    dns.fail('_dmarc.acme.example', 'silent');
    expect(statuses(await verify())[3]).toBe('dmarc dns_failure');
  });

  it('takes the DMARC policy of a domain above it', async () => {
    publish(await add('news.eu.acme.example'));
    dns.txt('_dmarc.news.eu.acme.example');
    dns.txt('_dmarc.acme.example', 'v=DMARC1; p=reject');
    const { check } = await verify('news.eu.acme.example');
    expect(check.results.find(({ purpose }) => purpose === 'dmarc')).toMatchObject({
      status: 'ok',
      detail: 'The DMARC policy is reject, that of acme.example',
    });
    expect(dns.asked.some((question) => question.endsWith('_dmarc.example'))).toBe(false);
  });

  it('is nobody else’s', async () => {
    await add();
    const other = { tenantId: '019cf5b2-6a00-7000-8000-3f1c8a5d9e01', domain: 'acme.example' };
    for (const call of [
      domains.report(other),
      domains.verify(other),
      domains.history(other, 1),
      domains.rotate(other, { activate: true, force: true }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(add()).rejects.toMatchObject({ code: 'conflict' });
  });
});

describe('keys', () => {
  it('change without a moment in which the record of the one that signs is not published', async () => {
    publish(await add());
    await verify();
    const rotated = await rotate();
    expect(states(rotated)).toEqual(['iep1 active', 'iep1-ed25519 active', 'iep2 next', 'iep2-ed25519 next']);
    expect(rotated.notes).toEqual([expect.stringContaining('iep2 wait')]);
    await expect(rotate()).rejects.toMatchObject({ code: 'conflict' });
    // Not published yet: nothing changes.
    expect(states(await verify())).toEqual(states(rotated));
    publish(rotated);
    const after = await verify();
    expect(states(after)).toEqual(['iep1 retired', 'iep1-ed25519 retired', 'iep2 active', 'iep2-ed25519 active']);
    expect(after.verified).toBe(true);
    const signing = await store.domains.signingKeys({ tenantId: acme.id });
    expect(signing.map(({ selector }) => selector)).toEqual(['iep2', 'iep2-ed25519']);
    // The old record may go now; the domain stays verified.
    dns.txt('iep1._domainkey.acme.example');
    expect((await verify()).verified).toBe(true);
  });

  it('are verified by the next one when its record took the place of the old', async () => {
    publish(await add());
    publish(await rotate());
    dns.txt('iep1._domainkey.acme.example');
    expect(await verify()).toMatchObject({ verified: true });
  });

  it('change at once where that is asked for', async () => {
    await add();
    expect(states(await rotate({ activate: true }))).toContain('iep2 active');
  });

  it('take a slot again only when its mail has arrived, unless forced', async () => {
    const first = await add();
    await rotate({ activate: true });
    await expect(rotate()).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('iep1') });
    const forced = await rotate({ force: true });
    expect(states(forced)).toEqual(['iep2 active', 'iep2-ed25519 active', 'iep1 next', 'iep1-ed25519 next']);
    expect(forced.keys.at(-1)?.publicKey).not.toBe(first.keys[1]?.publicKey);
    await rotate({ activate: true });
    await clock.advance(7 * DAY_MS);
    expect(states(await rotate())).toContain('iep2 next');
  });

  it('are made for a domain that was added before there were any', async () => {
    await store.domains.add({ ...ref(), id: createIds(clock)(), now: clock.now() });
    const bare = await domains.report(ref());
    expect(bare.notes).toEqual([expect.stringContaining('iep domain rotate acme.example')]);
    expect(await domains.verifyDue()).toEqual({ checked: 0, changed: 0 });
    expect(states(await rotate())).toEqual(['iep1 active', 'iep1-ed25519 active']);
  });

  it('of Ed25519 do not sign while their record is known to be missing', async () => {
    const added = await add();
    const selectors = async () =>
      (await store.domains.signingKeys({ tenantId: acme.id })).map(({ selector }) => selector);
    expect(await selectors()).toEqual(['iep1', 'iep1-ed25519']);
    publish({ ...added, records: added.records.filter(({ required }) => required) });
    await verify();
    expect(await selectors()).toEqual(['iep1']);
    publish(added);
    await verify();
    expect(await selectors()).toEqual(['iep1', 'iep1-ed25519']);
  });

  it('lie sealed in the store, each for its own context', async () => {
    const { keys } = await add();
    const [first, second] = await store.domains.signingKeys({ tenantId: acme.id });
    const vault = createVault([new Uint8Array(32)]);
    expect(first?.privateKey).not.toContain('PRIVATE');
    expect(vault.open(first?.privateKey ?? '', `dkim:${keys[0]?.id}`)).toContain('BEGIN PRIVATE KEY');
    expect(() => vault.open(second?.privateKey ?? '', `dkim:${keys[0]?.id}`)).toThrow();
  });
});

describe('looking again', () => {
  it('comes once an hour until a domain is verified, then once a day', async () => {
    publish(await add());
    await add('other.example');
    expect(await domains.verifyDue()).toEqual({ checked: 2, changed: 1 });
    expect(await domains.verifyDue()).toEqual({ checked: 0, changed: 0 });
    await clock.advance(3_600_001);
    expect(await domains.verifyDue()).toEqual({ checked: 1, changed: 0 });
    await clock.advance(DAY_MS);
    dns.txt('acme.example', 'v=spf1 -all');
    expect(await domains.verifyDue()).toEqual({ checked: 2, changed: 1 });
    expect(await domains.report(ref())).toMatchObject({ verified: false });
  });
});

describe('neighbours', () => {
  it('have their keys made one at a time, in turn by tenant', async () => {
    const rival = await store.tenants.add({ id: randomUUID(), slug: 'rival', name: 'rival', settings: {}, now: 0 });
    const pairs = keyPairs();
    const finish: (() => void)[] = [];
    making = () => new Promise((resolve) => finish.push(() => resolve(pairs)));
    const done: string[] = [];
    const addTo = (tenantId: string, domain: string) =>
      domains.add({ tenantId, domain, by: 'operator', shared: false }).then(() => done.push(domain));
    const all = [addTo(acme.id, 'a1.example'), addTo(acme.id, 'a2.example'), addTo(acme.id, 'a3.example')];
    all.push(addTo(rival.id, 'b1.example'));
    for (let made = 0; made < 4; made += 1) {
      await eventually(() => expect(finish).toHaveLength(made + 1));
      finish[made]?.();
    }
    await Promise.all(all);
    expect(done).toEqual(['a1.example', 'a2.example', 'b1.example', 'a3.example']);
  });

  it('have no more domains than they may, and are told whom to ask', async () => {
    for (const domain of ['a1.example', 'a2.example', 'a3.example']) await add(domain);
    making = () => Promise.reject(new Error('no keys are made for what is refused'));
    await expect(add('a4.example')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('at most 3 sender domains: remove one, or have the operator raise'),
    });
  });

  it('cannot make more keys at once than may wait', async () => {
    making = () => new Promise(() => undefined);
    const refused = vi.fn();
    for (let n = 0; n < 12; n += 1) add(`a${n}.example`).catch(refused);
    expect(refused).not.toHaveBeenCalled();
    await expect(add('a12.example')).rejects.toMatchObject({ code: 'rate_limited' });
  });
});
