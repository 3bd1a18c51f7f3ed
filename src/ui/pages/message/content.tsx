/** What a message holds: as a reader sees it, as text, its fields, its source, its attachments. */

import { useEffect, useState } from 'preact/hooks';
import { send } from '../../api/call.ts';
import type { Message } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { sentenceOf } from '../../kit/action.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Loaded, Loading } from '../../kit/states.tsx';
import { type Tab, Tabs } from '../../kit/tabs.tsx';
import { sizeText } from '../../kit/time.tsx';

export function Content({ message }: { message: Message }) {
  const { messageId: id, attachments } = message;
  const content = useData('GET /v1/messages/{id}/content', { params: { id } });
  return (
    <Panel title="Content" flush>
      <Loaded of={content}>
        {({ kind, text, rendered, headers, variables }) => {
          const shown = rendered?.text ?? text;
          const tabs: readonly Tab[] = [
            ...(kind === 'raw'
              ? []
              : [{ name: 'Text', view: () => <pre>{shown ?? 'It has no text part of its own.'}</pre> }]),
            { name: 'Source', view: () => <Source id={id} /> },
            ...(headers.length > 0
              ? [{ name: 'Headers', view: () => <Facts of={headers.map(({ name, value }) => [name, value])} /> }]
              : []),
            ...(variables ? [{ name: 'Variables', view: () => <pre>{JSON.stringify(variables, null, 2)}</pre> }] : []),
            ...(attachments.length > 0
              ? [{ name: `Attachments (${attachments.length})`, view: () => <Attachments files={attachments} /> }]
              : []),
          ];
          return <Tabs label="Content" tabs={tabs} />;
        }}
      </Loaded>
    </Panel>
  );
}

/** As much of the source as a reader can take; all of it is a download away. */
const SHOWN_CHARACTERS = 200_000;

function Source({ id }: { id: string }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    send('GET /v1/messages/{id}/raw', { params: { id } })
      .then((response) => response.text())
      .then(setText, (error: unknown) => setText(sentenceOf(error)));
  }, [id]);
  if (text === undefined) return <Loading />;
  return (
    <>
      <pre class="source">{text.slice(0, SHOWN_CHARACTERS)}</pre>
      {text.length > SHOWN_CHARACTERS && <p class="faint">Only its beginning is shown.</p>}
      <p>
        <button type="button" class="button small" onClick={() => save(text, `${id}.eml`)}>
          Download
        </button>
      </p>
    </>
  );
}

function save(text: string, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'message/rfc822' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

function Attachments({ files }: { files: Message['attachments'] }) {
  return (
    <ul class="lines">
      {files.map(({ filename, contentType, size, removedAt }) => (
        <li key={filename}>
          {filename}{' '}
          <span class="faint">{`${contentType}, ${sizeText(size)}${removedAt === undefined ? '' : ', removed after its time'}`}</span>
        </li>
      ))}
    </ul>
  );
}
