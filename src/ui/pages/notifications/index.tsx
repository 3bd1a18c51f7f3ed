/** Notifications: what is told, to whom and how, in views that have an address each. */

import { Page } from '../../kit/page.tsx';
import { useFilters } from '../../kit/use-filters.ts';
import { Views } from '../../kit/views.tsx';
import { views } from './views.ts';

export default function Notifications() {
  const { values } = useFilters();
  const [name, word, View] = views.find(([view]) => view === values.view) ?? views[0];
  return (
    <Page title="Notifications" live>
      <Views label="Views" views={views.map(([view, text]) => [view, text])} chosen={name} />
      <h2 class="sr">{word}</h2>
      <View key={name} />
    </Page>
  );
}
