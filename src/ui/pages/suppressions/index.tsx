/** Who is not mailed: those to whom nothing goes, and those who turned off some of it. */

import { useFilters } from '../../kit/use-filters.ts';
import { UNSUBSCRIBES } from './lists.tsx';
import { Suppressed } from './suppressed.tsx';
import { Unsubscribes } from './unsubscribes.tsx';

export default function Suppressions() {
  const { values } = useFilters();
  return values.view === UNSUBSCRIBES ? <Unsubscribes /> : <Suppressed />;
}
