import { expect, it } from 'vitest';
import { isHeldElsewhere, nodeOf } from './lease-owner.ts';

it('knows the node of an owner, which has no name where there is one node', () => {
  expect(['a/1', 'a/2', '/1', '1'].map(nodeOf)).toEqual(['a/', 'a/', '/', '']);
});

it.each([
  ['nobody has it', null, null, false],
  ['another node has it', 'b/1', 200, true],
  ['another node had it until now', 'b/1', 100, false],
  ['another node had it without an end', 'b/1', null, false],
  ['an earlier run of this node has it', 'a/0', 200, false],
  ['this run has it', 'a/1', 200, false],
  ['an owner without a node has it', 'z', 200, true],
])('%s', (_case, owner, until, isHeld) => {
  expect(isHeldElsewhere({ owner, until }, { owner: 'a/1', now: 100 })).toBe(isHeld);
});
