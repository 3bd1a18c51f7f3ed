/** The ways out: how each is doing, and what is done where one is not. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Provider } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Page } from '../../kit/page.tsx';
import { Facts, Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Command, Empty, Loaded } from '../../kit/states.tsx';
import { Ago, countText } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';
import { AddProvider } from './add.tsx';
import { settingText } from './setting-text.ts';
import { Settings } from './settings.tsx';
import { standingOf } from './standing.ts';
import { TestProvider } from './test-provider.tsx';
import { Ways } from './ways.tsx';

export default function Providers() {
  const providers = useData('GET /v1/admin/providers', {}, 'steady');
  const { refresh } = providers;
  return (
    <Page title="Providers" live actions={<AddProvider onDone={refresh} />}>
      <Loaded of={providers}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No provider yet" text="Mail is accepted and waits until there is a way out for it.">
              <Command text="iep provider add relay --type smtp --host smtp.example.com --port 587 --username iep" />
            </Empty>
          ) : (
            <>
              {items.map((provider) => (
                <One key={provider.name} provider={provider} refresh={refresh} />
              ))}
              <Ways />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

interface OneProps {
  readonly provider: Provider;
  readonly refresh: () => void;
}

function One({ provider, refresh }: OneProps) {
  const { name, type, source } = provider;
  return (
    <div id={name}>
      <Panel
        title={name}
        aside={
          <>
            <TestProvider name={name} onDone={refresh} />
            {source === 'store' && <Change provider={provider} refresh={refresh} />}
            {source === 'store' && <Remove name={name} refresh={refresh} />}
          </>
        }
      >
        <Standing provider={provider} />
        <Facts
          of={[
            ['Type', type],
            ['From', source === 'config' ? 'the configuration, where it is changed' : 'a command or this page'],
            ...numbersOf(provider),
          ]}
        />
        <details>
          <summary>Settings</summary>
          <Facts
            of={Object.entries(provider.settings).map(([key, value]) => [
              key,
              <span class="mono">{settingText(value)}</span>,
            ])}
          />
        </details>
      </Panel>
    </div>
  );
}

/** The state in a word, and the sentence behind it where it is not well. */
function Standing({ provider }: { provider: Provider }) {
  const { word, tone, sentence } = standingOf(provider);
  const { state } = provider;
  return (
    <>
      <p class="row">
        <Pill state={tone} word={word} />
        {state?.health && (
          <span class="faint">
            checked <Ago at={state.health.checkedAt} />
          </span>
        )}
        {state?.breaker.retryAt && (
          <span class="faint">
            tried again <Ago at={state.breaker.retryAt} />
          </span>
        )}
      </p>
      {sentence !== undefined && (
        <p class="note" data-tone="bad">
          {sentence}
        </p>
      )}
    </>
  );
}

function numbersOf({ state }: Provider) {
  if (state === null) return [];
  const { inFlight, limit, waiting, maxPerSecond, breaker } = state;
  return [
    ['Under way', `${countText(inFlight)} of ${countText(limit)}, ${countText(waiting)} wait`],
    ['Pace', maxPerSecond === null ? 'no limit of its own' : `${countText(maxPerSecond)} a second`],
    [
      'Lately',
      breaker.attempts === null
        ? null
        : `${countText(breaker.failures ?? 0)} of ${countText(breaker.attempts)} attempts failed`,
    ],
  ] as const;
}

function Change({ provider, refresh }: OneProps) {
  const [isOpen, setOpen] = useState(false);
  const done = () => {
    setOpen(false);
    say('It has the new settings');
    refresh();
  };
  return (
    <>
      <button type="button" class="button small" onClick={() => setOpen(true)}>
        Change
      </button>
      <Dialog title={`Change ${provider.name}`} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Settings provider={provider} onDone={done} />
      </Dialog>
    </>
  );
}

function Remove({ name, refresh }: { name: string; refresh: () => void }) {
  const run = async () => {
    await call('DELETE /v1/admin/providers/{name}', { params: { name } });
    refresh();
    return `${name} is gone`;
  };
  return (
    <Action look="small" run={run} confirm={`${name} is removed; what is under way there is finished.`}>
      Remove
    </Action>
  );
}
