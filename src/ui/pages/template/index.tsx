/** One template: its sources beside how it would look, its variables and versions; saved, published, tried out, removed. */

import { useId, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import { call } from '../../api/call.ts';
import type { Template } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { Page } from '../../kit/page.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Loaded } from '../../kit/states.tsx';
import { Tabs } from '../../kit/tabs.tsx';
import { say } from '../../kit/toast.tsx';
import { useUnsaved } from '../../kit/use-unsaved.ts';
import { isOfAll } from '../../kit/whose.tsx';
import { type ContentField, contentFields, type Draft, textOf, withText } from './draft.ts';
import { Preview } from './preview.tsx';
import { SourceEditor } from './source-editor.tsx';
import { useDraft } from './use-draft.ts';
import { Variables } from './variables.tsx';
import { Versions } from './versions.tsx';

export default function TemplatePage() {
  const { name = '' } = useRoute().params;
  const template = useData('GET /v1/templates/{name}', { params: { name } });
  return (
    <Loaded of={template}>{({ latest }) => <Latest name={name} latest={latest} refresh={template.refresh} />}</Loaded>
  );
}

/** What is edited is the last version, whichever is published. */
function Latest({ name, latest, refresh }: { name: string; latest: number; refresh: () => void }) {
  const version = useData('GET /v1/templates/{name}/versions/{n}', { params: { name, n: String(latest) } });
  const again = () => {
    refresh();
    version.refresh();
  };
  return <Loaded of={version}>{(found) => <Editor key={name} template={found} refresh={again} />}</Loaded>;
}

function Editor({ template, refresh }: { template: Template; refresh: () => void }) {
  const { name, published, latest, shared } = template;
  const { draft, isChanged, change, sent } = useDraft(template);
  const [locale, setLocale] = useState('');
  useUnsaved(isChanged);
  const { route } = useLocation();
  // Who looks at one tenant makes its own of what is shared.
  const isOperators = shared && isOfAll();
  const save = (publish: boolean) => async () => {
    sent();
    const made =
      shared && !isOperators
        ? await call('POST /v1/templates', { body: { ...draft, publish } })
        : await call('PUT /v1/templates/{name}', {
            params: { name },
            body: { ...draft, publish, shared: isOperators },
          });
    refresh();
    return `Version ${made.version} is saved${publish ? ' and published' : ''}`;
  };
  const remove = async () => {
    await call('DELETE /v1/templates/{name}', { params: { name }, query: { shared: String(isOperators) } });
    route('/ui/templates');
    return `${name} is removed`;
  };
  return (
    <Page
      title={name}
      badge={
        <Pill
          state={published === latest ? 'good' : 'warn'}
          word={published === null ? 'not published' : `version ${published} of ${latest} is published`}
        />
      }
      actions={
        <>
          {draft.kind === 'template' && !isOperators && <Test template={template} locale={locale} />}
          <Action run={save(false)} disabled={!isChanged}>
            Save
          </Action>
          <Action run={save(true)} look="primary" disabled={!isChanged && published === latest}>
            Save and publish
          </Action>
          <Action
            run={remove}
            confirm={`${name} is removed with all its versions. Messages that wait are sent as they would have been.`}
          >
            Remove
          </Action>
        </>
      }
    >
      {shared && !isOperators && (
        <p class="note">The operator shares this template. What you save is your own, and takes its place for you.</p>
      )}
      <div class="beside">
        <div>
          <Sources draft={draft} onChange={change} locale={locale} onLocale={setLocale} />
          <Variables variables={draft.variables ?? []} onChange={(variables) => change({ ...draft, variables })} />
        </div>
        <div>
          <Preview draft={draft} locale={locale} shared={isOperators} />
        </div>
      </div>
      <Versions template={template} shared={isOperators} onPublished={refresh} />
    </Page>
  );
}

interface SourcesProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
  /** Empty: the template's own. */
  readonly locale: string;
  readonly onLocale: (locale: string) => void;
}

const WORDS: Readonly<Record<ContentField, string>> = {
  subject: 'Subject',
  preheader: 'Preheader',
  html: 'HTML',
  text: 'Text',
};

function Sources({ draft, onChange, locale, onLocale }: SourcesProps) {
  const id = useId();
  const locales = Object.keys(draft.locales ?? {});
  const set = (field: ContentField) => (text: string) => onChange(withText(draft, locale, { field, text }));
  const removeLanguage = () => {
    onLocale('');
    onChange(withoutLanguage(draft, locale));
  };
  const lines = contentFields.filter((field) => field === 'subject' || field === 'preheader');
  const editor = (field: ContentField) => ({
    name: WORDS[field],
    view: () => (
      <SourceEditor
        key={`${field}${locale}`}
        label={WORDS[field]}
        value={textOf(draft, locale, field)}
        onChange={set(field)}
      />
    ),
  });
  return (
    <Panel
      title="Sources"
      aside={
        <>
          <select aria-label="Language" value={locale} onChange={(event) => onLocale(event.currentTarget.value)}>
            <option value="">Its own language</option>
            {locales.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
          {locale === '' ? (
            <AddLanguage draft={draft} onChange={onChange} onLocale={onLocale} />
          ) : (
            <button type="button" class="button small" onClick={removeLanguage}>
              Remove {locale}
            </button>
          )}
        </>
      }
      flush
    >
      <div class="panel-body">
        {draft.kind === 'template' &&
          lines.map((field) => (
            <div key={field} class="field">
              <label for={`${id}${field}`}>{WORDS[field]}</label>
              <input
                id={`${id}${field}`}
                value={textOf(draft, locale, field)}
                onInput={(event) => set(field)(event.currentTarget.value)}
              />
            </div>
          ))}
        <div class="field">
          <label for={`${id}layout`}>Layout</label>
          <input
            id={`${id}layout`}
            value={draft.layout ?? ''}
            placeholder="none"
            onInput={(event) => onChange(withLayout(draft, event.currentTarget.value))}
          />
        </div>
      </div>
      <Tabs label="Sources" tabs={[editor('html'), editor('text')]} />
    </Panel>
  );
}

function withLayout({ layout: _, ...rest }: Draft, layout: string): Draft {
  return layout === '' ? rest : { ...rest, layout };
}

function withoutLanguage(draft: Draft, locale: string): Draft {
  const { [locale]: _, ...locales } = draft.locales ?? {};
  return { ...draft, locales };
}

/** As the API takes them: `de`, `fr-CA`. */
function isLanguage(text: string): boolean {
  try {
    return new Intl.Locale(text).language.length <= 3;
  } catch {
    return false;
  }
}

function AddLanguage({ draft, onChange, onLocale }: Omit<SourcesProps, 'locale'>) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ language: said = '' }: Readonly<Record<string, string>>) => {
    const language = said.trim();
    if (!isLanguage(language)) throw new Error('A language is written as de or fr-CA are');
    onChange({ ...draft, locales: { ...draft.locales, [language]: draft.locales?.[language] ?? {} } });
    onLocale(language);
    setOpen(false);
  };
  return (
    <>
      <button type="button" class="button small" onClick={() => setOpen(true)}>
        Add a language
      </button>
      <Dialog title="Add a language" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form submit="Add" onSubmit={submit}>
          {() => <Field label="Language" name="language" required placeholder="de" help="Such as de or fr-CA" />}
        </Form>
      </Dialog>
    </>
  );
}

function Test({ template: { name, published, version }, locale }: { template: Template; locale: string }) {
  const [isOpen, setOpen] = useState(false);
  const submit = async ({ to = '' }: Readonly<Record<string, string>>) => {
    const body = { to, ...(locale && { locale }), ...(published === null && { version }) };
    await call('POST /v1/templates/{name}/test', { params: { name }, body });
    setOpen(false);
    say(`A test of ${name} is on its way to ${to}`);
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        Send a test
      </button>
      <Dialog title="Send a test" isOpen={isOpen} onClose={() => setOpen(false)}>
        <p>What is saved is sent with its examples, from the default sender of the tenant.</p>
        <Form submit="Send" onSubmit={submit}>
          {(faultOf) => <Field label="To" name="to" type="email" required fault={faultOf('to')} />}
        </Form>
      </Dialog>
    </>
  );
}
