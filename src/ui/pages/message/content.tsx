/** What a message holds: as its reader sees it, and what it was made of. */

import type { Message } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Panel } from '../../kit/panel.tsx';
import { MailTabs } from './mail-tabs.tsx';

export function Content({ message: { messageId: id } }: { message: Message }) {
  const content = useData('GET /v1/messages/{id}/content', { params: { id } });
  const variables = content.data?.variables;
  return (
    <Panel title="Content" flush>
      <MailTabs
        id={id}
        more={variables ? [{ name: 'Variables', view: () => <pre>{JSON.stringify(variables, null, 2)}</pre> }] : []}
      />
    </Panel>
  );
}
