import { expect, it } from 'vitest';
import { groupValue } from './group.ts';

it('groups by the same members in whatever order they come', () => {
  const grouped = (labels: object) => groupValue('data.labels', { data: { labels } });
  expect(grouped({ host: 'a', at: { zone: 1, rack: 2 } })).toBe(grouped({ at: { rack: 2, zone: 1 }, host: 'a' }));
  expect(grouped({ host: 'a' })).not.toBe(grouped({ host: 'b' }));
  expect(grouped([1, 2])).not.toBe(grouped([2, 1]));
});
