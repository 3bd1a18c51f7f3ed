/** Who may stop being owner. */

import { expect, it } from 'vitest';
import { requireAnOwner } from './last-owner.ts';

it.each([
  ['owner', 'viewer', 0, true],
  ['owner', undefined, 0, true],
  ['owner', 'owner', 0, false],
  ['owner', 'viewer', 1, false],
  ['viewer', undefined, 0, false],
  [undefined, 'owner', 0, false],
] as const)('%s to %s with %d others is refused: %s', (was, becomes, others, refused) => {
  const change = () => requireAnOwner({ was, becomes, others });
  if (refused) expect(change).toThrow('last owner');
  else expect(change).not.toThrow();
});
