/** The messages: newest first, filtered by the address of the page, as they change. */

import { Page } from '../../kit/page.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { FilterBar } from './filter-bar.tsx';
import { MessageList } from './list.tsx';
import { RetryMatching } from './retry-matching.tsx';

export default function Messages() {
  const filters = useFilters();
  const { values } = filters;
  return (
    <Page title="Messages" live actions={<RetryMatching filter={values} />}>
      <FilterBar filters={filters} />
      <MessageList key={JSON.stringify(values)} filter={values} />
    </Page>
  );
}
