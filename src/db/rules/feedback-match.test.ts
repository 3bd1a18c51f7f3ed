/** Whose message feedback is about. */

import { expect, it } from 'vitest';
import { type Candidate, lesserClass, meantOf } from './feedback-match.ts';

const to = (seq: number, tenantNo: number, ...addresses: string[]): Candidate => ({
  ...{ seq, tenantNo },
  recipients: addresses.map((address, position) => ({ position, address })),
});

it('finds the recipient in any case', () => {
  expect(meantOf([to(1, 1, 'a@x.example', 'Bo@x.example')], 'bo@X.example')).toEqual({
    seq: 1,
    recipient: { position: 1, address: 'Bo@x.example' },
  });
});

it('means the only recipient where none, or the address it was forwarded to, is named', () => {
  for (const address of [undefined, 'elsewhere@y.example'])
    expect(meantOf([to(1, 1, 'a@x.example')], address)?.recipient?.address).toBe('a@x.example');
});

it('means no recipient of several where none of them is named', () => {
  expect(meantOf([to(1, 1, 'a@x.example', 'b@x.example')], 'c@x.example')).toEqual({ seq: 1 });
});

it('takes the newest of one tenant that has the recipient', () => {
  const candidates = [to(3, 1, 'a@x.example', 'c@x.example'), to(2, 1, 'b@x.example', 'c@x.example')];
  expect(meantOf(candidates, 'b@x.example')?.seq).toBe(2);
  expect(meantOf(candidates, 'c@x.example')?.seq).toBe(3);
});

it('means none where messages of two tenants may be meant', () => {
  expect(meantOf([to(1, 1, 'a@x.example'), to(2, 2, 'a@x.example')], 'a@x.example')).toBeUndefined();
  expect(meantOf([to(1, 1, 'a@x.example'), to(2, 2, 'b@x.example')], 'c@x.example')).toBeUndefined();
  expect(meantOf([to(1, 1, 'a@x.example', 'b@x.example'), to(2, 2, 'c@x.example')], 'a@x.example')?.seq).toBe(1);
});

const hard = (diagnostic: string) => ({ class: 'hard', diagnostic });

it('holds a bounce of another address, to which mail is forwarded, against nobody', () => {
  const [data, named] = [hard('550 5.1.1 user unknown'), hard('550 5.1.1 <Team@x.example>: user unknown')];
  const elsewhere = { recipient: 'elsewhere@y.example' };
  expect(lesserClass({ data, ...elsewhere }, 'team@x.example')).toBe('soft');
  expect(lesserClass({ data, recipient: 'team@x.example', finalRecipient: 'member@y.example' }, 'team@x.example')).toBe(
    'soft',
  );
  expect(lesserClass({ data: hard('550 <big-team@x.example>: unknown'), ...elsewhere }, 'team@x.example')).toBe('soft');
  for (const told of [
    { data },
    { data, recipient: 'TEAM@x.example' },
    { data, recipient: 'alias@y.example', finalRecipient: 'team@x.example' },
    { data: named, ...elsewhere },
    { data: { ...data, class: 'policy' }, ...elsewhere },
  ])
    expect(lesserClass(told, 'team@x.example')).toBeUndefined();
  expect(lesserClass({ data, recipient: 'a@xn--bcher-kva.example' }, 'a@bücher.example')).toBeUndefined();
});
