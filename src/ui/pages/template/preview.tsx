/** The draft as a message would look, with a form of its variables, and what is to be said against it. */

import { useEffect, useId, useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { Problem } from '../../api/problem.ts';
import type { TemplatePreview } from '../../api/types.ts';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Segments } from '../../kit/segments.tsx';
import { Loading, ProblemNote } from '../../kit/states.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { sizeText } from '../../kit/time.tsx';
import type { Draft } from './draft.ts';

/** A draft is shown once nobody types for that long. */
const PAUSE_MS = 350;

interface PreviewProps {
  readonly draft: Draft;
  readonly locale: string;
  readonly shared: boolean;
}

export function Preview({ draft, locale, shared }: PreviewProps) {
  const [values, setValues] = useState<Readonly<Record<string, string>>>({});
  const [shown, setShown] = useState<TemplatePreview>();
  const [problem, setProblem] = useState<Error>();
  const question = JSON.stringify([draft, values, locale, shared]);

  useEffect(() => {
    const asking = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const body = { template: draft, shared, ...(locale && { locale }), variables: filled(draft, values) };
        setShown(await call('POST /v1/templates/preview', { query: { frame: 'true' }, body, signal: asking.signal }));
        setProblem(undefined);
      } catch (error) {
        if (!asking.signal.aborted) setProblem(error as Error);
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      asking.abort();
    };
  }, [question]);

  return (
    <>
      <Panel title="Preview" flush>
        {problem !== undefined && <Fault problem={problem} />}
        {shown === undefined ? problem === undefined && <Loading /> : <Shown preview={shown} />}
      </Panel>
      <Values draft={draft} values={values} onChange={setValues} />
    </>
  );
}

/** What is given, and of the others the examples. */
function filled({ variables = [] }: Draft, values: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    variables.flatMap(({ name, example, default: standard }) => {
      const value = values[name] || example || standard;
      return value === undefined || value === null ? [] : [[name, value]];
    }),
  );
}

function Fault({ problem }: { problem: Error }) {
  const faults = problem instanceof Problem && problem.code === 'template_invalid' ? problem.fields : [];
  if (faults.length === 0) return <ProblemNote problem={problem} />;
  return (
    <ul class="faults" role="alert">
      {faults.map(({ path, message, line, column }) => (
        <li key={`${path} ${message}`}>
          <code>{path}</code> {line !== undefined && `line ${line}, column ${column ?? 1}: `}
          {message}
        </li>
      ))}
    </ul>
  );
}

const widths = [
  ['desktop', 'Desktop'],
  ['phone', 'Phone'],
] as const;
const schemes = [
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

function Shown({ preview }: { preview: TemplatePreview }) {
  const { subject, html, text, warnings, sizeBytes } = preview;
  const views = [
    { name: 'HTML', view: () => <Html preview={preview} /> },
    { name: 'Text', view: () => <pre>{text || 'There is no text.'}</pre> },
    { name: 'Source', view: () => <pre class="source">{html}</pre> },
    { name: `Warnings (${warnings.length})`, view: () => <Warnings warnings={warnings} /> },
  ];
  return (
    <>
      <div class="panel-body preview-head">
        <strong>{subject || 'No subject'}</strong> <span class="faint">{sizeText(sizeBytes)}</span>
      </div>
      <Tabs label="Preview" tabs={views} />
    </>
  );
}

/** The frame has no permission at all; its page has a policy of its own besides. */
function Html({ preview: { frame } }: { preview: TemplatePreview }) {
  const [width, setWidth] = useState('desktop');
  const [scheme, setScheme] = useState('light');
  return (
    <div class="mail">
      <div class="filters">
        <Segments label="Width" value={width} options={widths} onChange={setWidth} />
        <Segments label="Colours" value={scheme} options={schemes} onChange={setScheme} />
      </div>
      <div class="mail-frame" data-width={width} data-scheme={scheme}>
        <iframe
          key={`${frame}${scheme}`}
          title="HTML of the preview"
          sandbox=""
          referrerpolicy="no-referrer"
          src={`${frame}?scheme=${scheme}`}
        />
      </div>
    </div>
  );
}

function Warnings({ warnings }: Pick<TemplatePreview, 'warnings'>) {
  if (warnings.length === 0) return <p class="faint">There is nothing to be said against it.</p>;
  return (
    <ul class="lines checks">
      {warnings.map(({ code, message, line }) => (
        <li key={`${code}${message}`}>
          <Pill state="warn" word="look" /> {message}
          {line !== undefined && <span class="faint"> line {line}</span>}
        </li>
      ))}
    </ul>
  );
}

interface ValuesProps {
  readonly draft: Draft;
  readonly values: Readonly<Record<string, string>>;
  readonly onChange: (values: Readonly<Record<string, string>>) => void;
}

/** A field for each declared variable. A list or an object is written in JSON. */
function Values({ draft: { variables = [] }, values, onChange }: ValuesProps) {
  const id = useId();
  if (variables.length === 0) return null;
  return (
    <Panel title="Values">
      {variables.map(({ name, type = 'string', required, example }) => (
        <div key={name} class="field">
          <label for={`${id}${name}`}>{required ? `${name} (required)` : name}</label>
          <input
            id={`${id}${name}`}
            value={values[name] ?? ''}
            placeholder={exampleText(example)}
            onInput={(event) => onChange({ ...values, [name]: event.currentTarget.value })}
          />
          {type !== 'string' && <small>{TYPES[type]}</small>}
        </div>
      ))}
    </Panel>
  );
}

const TYPES = {
  url: 'A URL',
  email: 'An address',
  number: 'A number',
  boolean: 'true or false',
  date: 'A time, such as 2027-01-31T09:00:00Z',
  list: 'A list, in JSON',
  object: 'An object, in JSON',
} as const;

export function exampleText(example: unknown): string {
  if (example === undefined || example === null) return '';
  return typeof example === 'string' ? example : JSON.stringify(example);
}
