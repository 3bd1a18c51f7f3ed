/** What a message holds: as its reader sees it, and what it was made of. */

import type { Calls, Message } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Panel } from '../../kit/panel.tsx';
import type { Tab } from '../../kit/tabs.tsx';
import { MailTabs } from './mail-tabs.tsx';

export function Content({ message: { messageId: id } }: { message: Message }) {
  const content = useData('GET /v1/messages/{id}/content', { params: { id } });
  return (
    <Panel title="Content" flush>
      <MailTabs id={id} more={content.data ? tabsOf(content.data) : []} />
    </Panel>
  );
}

/** What was handed in stays to be seen where nothing can be made of it. */
function tabsOf({ kind, html, text, variables }: Calls['GET /v1/messages/{id}/content']['answer']): readonly Tab[] {
  return [
    ...(kind === 'parts'
      ? [{ name: 'Submitted', view: () => <pre class="source">{[text, html].filter(Boolean).join('\n\n')}</pre> }]
      : []),
    ...(variables ? [{ name: 'Variables', view: () => <pre>{JSON.stringify(variables, null, 2)}</pre> }] : []),
  ];
}
