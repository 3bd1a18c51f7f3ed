import { expect, test } from 'vitest';
import { createManualClock } from '../../test/manual-clock.ts';
import { createGuests } from './guests.ts';

function setUp(max = 16) {
  const clock = createManualClock();
  const limits = { max };
  const guests = createGuests({ clock }, limits);
  const gone: string[] = [];
  const admit = (address: string, { owner, name = address }: { owner?: string; name?: string } = {}) => {
    const guest = guests.admit({ address, owner });
    guest.dismiss = () => gone.push(name);
    return guest;
  };
  const addresses = (count: number) => Array.from({ length: count }, (_, n) => `192.0.2.${n}`);
  return { clock, limits, gone, admit, addresses };
}

test('one source of strangers gets a quarter: an address, or a /64 of IPv6', () => {
  const { admit, gone } = setUp();
  for (let n = 0; n < 4; n += 1) admit('192.0.2.1');
  expect(() => admit('192.0.2.1')).toThrow('Too many connections from this address');
  for (let n = 0; n < 4; n += 1) admit(`2001:db8::${n + 1}`);
  expect(() => admit('2001:db8::ff')).toThrow('Too many connections from this address');
  admit('2001:db8:0:1::1');
  expect(gone).toEqual([]);
});

test('within a source, one that has been silent makes room for another', async () => {
  const { admit, gone, clock } = setUp();
  const talks = admit('192.0.2.1', { name: 'talks' });
  for (let n = 0; n < 3; n += 1) admit('192.0.2.1', { name: `silent ${n}` });
  await clock.advance(10_000);
  talks.active();
  for (let n = 0; n < 3; n += 1) admit('192.0.2.1', { name: 'new' });
  expect(gone).toEqual(['silent 0', 'silent 1', 'silent 2']);
  expect(() => admit('192.0.2.1')).toThrow('Too many connections from this address');
});

test('strangers get three quarters; past that the largest source makes room, whoever was silent for longest', () => {
  const { admit, gone } = setUp();
  for (const source of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) {
    for (let n = 0; n < 4; n += 1) admit(source, { name: `${source} ${n}` });
  }
  admit('198.51.100.1');
  admit('198.51.100.2');
  expect(gone).toEqual(['192.0.2.1 0', '192.0.2.2 0']);
});

test('many sources cannot hold the door either: the one that is silent for longest goes', () => {
  const { admit, gone, addresses } = setUp();
  for (const address of addresses(12)) admit(address);
  for (let n = 0; n < 5; n += 1) admit(`198.51.100.${n}`);
  expect(gone).toEqual(addresses(5));
});

test('the rest is kept for trusted networks and for those who have logged in', () => {
  const { admit, gone } = setUp();
  for (let n = 0; n < 12; n += 1) admit(`192.0.2.${n}`);
  for (let n = 0; n < 4; n += 1) admit('10.0.0.1', { owner: 'acme' });
  expect(gone).toEqual([]);
  admit('10.0.0.1', { owner: 'acme' });
  expect(gone).toEqual(['192.0.2.0']);
});

test('a login makes room among the strangers of its source, and counts for its tenant', () => {
  const { admit } = setUp();
  for (let n = 0; n < 8; n += 1) admit('192.0.2.1').member('acme');
  const ninth = admit('192.0.2.1');
  expect(() => ninth.member('acme')).toThrow('This tenant has 8 connections already');
  ninth.member('rival');
  for (let n = 0; n < 4; n += 1) admit('192.0.2.1');
  expect(() => admit('192.0.2.1')).toThrow('Too many connections from this address');
});

test('who waits for us keeps its connection; the member that holds most makes room at once for who holds less', () => {
  const { admit, gone } = setUp(4);
  admit('10.0.0.1', { owner: 'acme', name: 'waits' }).waits(true);
  for (let n = 0; n < 3; n += 1) admit('10.0.0.1', { owner: 'acme', name: `idle ${n}` });
  admit('192.0.2.1', { name: 'stranger' });
  admit('10.0.0.2', { owner: 'rival' });
  admit('10.0.0.2', { owner: 'rival' });
  expect(gone).toEqual(['idle 0', 'stranger', 'idle 1']);
  expect(() => admit('10.0.0.2', { owner: 'rival' })).toThrow('Too many connections');
});

test('a member makes room for its own once it has paused, and for who holds as much once it is silent', async () => {
  const { admit, gone, clock } = setUp(4);
  for (let n = 0; n < 2; n += 1) admit('10.0.0.1', { owner: 'acme', name: `acme ${n}` });
  for (let n = 0; n < 2; n += 1) admit('10.0.0.2', { owner: 'rival', name: `rival ${n}` });
  expect(() => admit('10.0.0.1', { owner: 'acme' })).toThrow('Too many connections');
  await clock.advance(1_000);
  admit('10.0.0.2', { owner: 'rival' });
  expect(gone).toEqual(['rival 0']);
  await clock.advance(9_000);
  admit('10.0.0.2', { owner: 'rival' });
  expect(gone).toEqual(['rival 0', 'acme 0']);
});

test('who leaves makes room, once; another limit holds from the next one on', () => {
  const { admit, limits } = setUp();
  const all = Array.from({ length: 4 }, () => admit('192.0.2.1'));
  all[0]?.leave();
  all[0]?.leave();
  admit('192.0.2.1');
  expect(() => admit('192.0.2.1')).toThrow();
  limits.max = 24;
  admit('192.0.2.1');
});

test('a source that floods is turned away for a moment, and no member with it', async () => {
  const { admit, clock } = setUp();
  admit('192.0.2.1').shutOut();
  expect(() => admit('192.0.2.1')).toThrow('This address sends more than it waits for');
  admit('192.0.2.1', { owner: 'acme' });
  admit('192.0.2.2');
  await clock.advance(5_000);
  admit('192.0.2.1');
});
