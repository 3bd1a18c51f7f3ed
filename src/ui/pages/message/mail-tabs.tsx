/** A mail as its reader has it: HTML in a frame that runs nothing, text, fields, source, files, and what is checked of it. */

import { useEffect, useState } from 'preact/hooks';
import { call, send } from '../../api/call.ts';
import type { Calls } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action, sentenceOf } from '../../kit/action.tsx';
import { Facts } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Segments } from '../../kit/segments.tsx';
import { Loaded, Loading, ProblemNote } from '../../kit/states.tsx';
import { type Tab, Tabs } from '../../kit/tabs.tsx';
import { sizeText } from '../../kit/time.tsx';

export type MailView = Calls['GET /v1/messages/{id}/view']['answer'];

interface OfMail {
  readonly id: string;
  readonly view: MailView;
}

/** Those of the page besides stand behind. */
export function MailTabs({ id, more = [] }: { id: string; more?: readonly Tab[] }) {
  const view = useData('GET /v1/messages/{id}/view', { params: { id } });
  if (view.data === undefined && view.problem !== undefined && more.length > 0) {
    return (
      <>
        <ProblemNote problem={view.problem} retry={view.refresh} />
        <Tabs label="Content" tabs={more} />
      </>
    );
  }
  return (
    <Loaded of={view}>
      {(shown) => <Tabs key={id} label="Content" tabs={[...tabsOf({ id, view: shown }), ...more]} />}
    </Loaded>
  );
}

function tabsOf({ id, view }: OfMail): readonly Tab[] {
  const { hasHtml, text, headers, attachments, checks, links, warnings } = view;
  const open = checks.filter(({ state }) => state !== 'good').length + warnings.length;
  return [
    ...(hasHtml ? [{ name: 'HTML', view: () => <Html id={id} view={view} /> }] : []),
    ...(text !== null || !hasHtml ? [{ name: 'Text', view: () => <pre>{text || 'There is no text.'}</pre> }] : []),
    { name: 'Headers', view: () => <Facts of={headers.map(({ name, value }) => [name, value])} /> },
    { name: 'Source', view: () => <Source id={id} /> },
    ...(attachments.length > 0
      ? [{ name: `Attachments (${attachments.length})`, view: () => <Attachments id={id} view={view} /> }]
      : []),
    ...(links.length > 0 ? [{ name: `Links (${links.length})`, view: () => <Links id={id} view={view} /> }] : []),
    { name: open === 0 ? 'Checks' : `Checks (${open})`, view: () => <Checks view={view} /> },
  ];
}

const widths = [
  ['desktop', 'Desktop'],
  ['phone', 'Phone'],
] as const;
const schemes = [
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

/** The frame has no permission at all; its page has a policy of its own besides. */
function Html({ id, view }: OfMail) {
  const [width, setWidth] = useState('desktop');
  const [scheme, setScheme] = useState('light');
  const [remote, setRemote] = useState<string>();
  const show = async () => {
    const asked = await call('GET /v1/messages/{id}/view', { params: { id }, query: { remote: 'true' } });
    setRemote(asked.frame);
    return undefined;
  };
  return (
    <div class="mail">
      <div class="filters">
        <Segments label="Width" value={width} options={widths} onChange={setWidth} />
        <Segments label="Colours" value={scheme} options={schemes} onChange={setScheme} />
        {view.remotePictures > 0 && remote === undefined && (
          <Action
            run={show}
          >{`Show ${view.remotePictures} ${view.remotePictures === 1 ? 'picture' : 'pictures'} from outside`}</Action>
        )}
      </div>
      <div class="mail-frame" data-width={width} data-scheme={scheme}>
        <iframe
          key={`${remote}${scheme}`}
          title="HTML of the mail"
          sandbox=""
          referrerpolicy="no-referrer"
          src={`${remote ?? view.frame}?scheme=${scheme}`}
        />
      </div>
    </div>
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
        <button type="button" class="button small" onClick={() => save(new Blob([text], EML), `${id}.eml`)}>
          Download
        </button>
      </p>
    </>
  );
}

const EML = { type: 'message/rfc822' };

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

function Attachments({ id, view }: OfMail) {
  const download = async (n: number, filename: string) => {
    const response = await send('GET /v1/messages/{id}/attachments/{n}', { params: { id, n: String(n) } });
    save(await response.blob(), filename);
    return undefined;
  };
  return (
    <ul class="lines">
      {view.attachments.map(({ filename, contentType, size, isInline }, n) => (
        <li key={`${n}${filename}`} class="copied">
          <span>
            {filename} <span class="faint">{`${contentType}, ${sizeText(size)}${isInline ? ', inline' : ''}`}</span>
          </span>
          <Action look="small" run={() => download(n, filename)}>
            Download
          </Action>
        </li>
      ))}
    </ul>
  );
}

type Checked = Calls['POST /v1/messages/{id}/links/check']['answer']['items'][number];

function Links({ id, view }: OfMail) {
  const [checked, setChecked] = useState<readonly Checked[]>();
  const check = async () => {
    const { items } = await call('POST /v1/messages/{id}/links/check', { params: { id } });
    setChecked(items);
    return 'The links were asked for';
  };
  const shown: readonly Partial<Checked>[] = checked ?? view.links;
  return (
    <>
      <ul class="lines">
        {shown.map(({ url = '', text, state, detail }) => (
          <li key={url}>
            {state !== undefined && state !== 'skipped' && <Pill state={state} word={WORDS[state] ?? state} />}{' '}
            <span class="mono wrap">{url}</span>
            <span class="sub">{[text, detail].filter(Boolean).join(' · ')}</span>
          </li>
        ))}
      </ul>
      <p>
        <Action
          look="small"
          confirm="The daemon asks each address once. To open some links does something, such as to unsubscribe."
          run={check}
        >
          Check the links
        </Action>
      </p>
    </>
  );
}

const WORDS: Readonly<Record<string, string>> = { good: 'ok', warn: 'look', bad: 'wrong' };

function Checks({ view: { checks, warnings } }: { view: MailView }) {
  return (
    <ul class="lines checks">
      {checks.map(({ about, state, text }) => (
        <li key={about}>
          <Pill state={state} word={WORDS[state] ?? state} /> <strong>{about}</strong> {text}
        </li>
      ))}
      {warnings.map(({ feature, missingIn, source, testedOn }) => (
        <li key={feature}>
          <Pill state="warn" word="look" /> <strong>{feature}</strong> {`is not shown by ${missingIn.join(', ')}. `}
          <a href={source} target="_blank" rel="noopener noreferrer">{`caniemail.com, ${testedOn}`}</a>
        </li>
      ))}
    </ul>
  );
}
