import { expect, it } from 'vitest';
import { routeOf } from './route.ts';

const routing = { primary: 'relay', fallback: 'spare' };

it.each([
  ['the common route', {}, undefined, { primary: 'relay', fallback: 'spare', isOwn: false }],
  [
    'a primary of the tenant, which has no fallback then',
    { primary: 'ses' },
    undefined,
    { primary: 'ses', isOwn: false },
  ],
  [
    'both of the tenant',
    { primary: 'ses', fallback: 'relay' },
    undefined,
    { primary: 'ses', fallback: 'relay', isOwn: false },
  ],
  ['a fallback of the tenant', { fallback: 'ses' }, undefined, { primary: 'relay', fallback: 'ses', isOwn: false }],
  ['a fallback that is the primary: none', { fallback: 'relay' }, undefined, { primary: 'relay', isOwn: false }],
  [
    'what the message asks for, and nothing else',
    { primary: 'ses', fallback: 'x' },
    'y',
    { primary: 'y', isOwn: true },
  ],
])('%s', (_, tenant, wanted, route) => {
  expect(routeOf({ wanted, tenant, routing })).toEqual(route);
});

it('is undefined where nobody chose', () => {
  expect(routeOf({ wanted: undefined, tenant: { fallback: 'x' }, routing: {} })).toBeUndefined();
});
