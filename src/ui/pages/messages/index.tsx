/** The messages: newest first, filtered by the address of the page, as they change. */

import { Download } from '../../kit/download.tsx';
import { FilterBar } from '../../kit/filter-bar.tsx';
import { Page } from '../../kit/page.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { choices, fields } from './filters.ts';
import { MessageList } from './list.tsx';
import { MoveMatching } from './move-matching.tsx';

export default function Messages() {
  const filters = useFilters();
  const { values } = filters;
  return (
    <Page
      title="Messages"
      live
      actions={
        <>
          <MoveMatching move="retry" filter={values} />
          <MoveMatching move="cancel" filter={values} />
          <Download call="GET /v1/messages/export" query={values} filename="messages.csv" />
        </>
      }
    >
      <FilterBar filters={filters} search="Search subject, address or id" choices={choices} fields={fields} />
      <MessageList key={JSON.stringify(values)} filter={values} />
    </Page>
  );
}
