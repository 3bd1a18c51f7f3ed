/** The two lists of the page, each with an address of its own. */

import { useFilters } from '../../kit/use-filters.ts';
import { Views } from '../../kit/views.tsx';

export const UNSUBSCRIBES = 'unsubscribes';

export function Lists() {
  const { values } = useFilters();
  const chosen = values.view === UNSUBSCRIBES ? UNSUBSCRIBES : 'addresses';
  return (
    <Views
      label="Lists"
      views={[
        ['addresses', 'All mail'],
        [UNSUBSCRIBES, 'Unsubscribes'],
      ]}
      chosen={chosen}
    />
  );
}
