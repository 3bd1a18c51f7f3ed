/** The settings of a provider that was made by command: the ones it has, each in a field, secrets left as they are unless given anew. */

import { call } from '../../api/call.ts';
import type { Provider } from '../../api/types.ts';
import { Field, Form } from '../../kit/form.tsx';
import { settingText } from './setting-text.ts';

/** What the API shows in place of a secret. */
const SECRET = 'set';

export function Settings({ provider, onDone }: { provider: Provider; onDone: () => void }) {
  const { name, settings } = provider;
  const shown = Object.entries(settings).filter(([key]) => key !== 'type');
  const submit = async (values: Readonly<Record<string, string>>) => {
    const changed = shown.flatMap(([key, before]) => {
      const text = values[key] ?? '';
      if (before === SECRET && text === '') return [];
      return text === settingText(before) ? [] : [[key, text === '' ? null : asBefore(text, before)] as const];
    });
    await call('PATCH /v1/admin/providers/{name}', {
      params: { name },
      body: { settings: Object.fromEntries(changed) },
    });
    onDone();
  };
  return (
    <Form submit="Change" onSubmit={submit}>
      {(faultOf) =>
        shown.map(([key, value]) => (
          <Field
            key={key}
            label={key}
            name={key}
            type={value === SECRET ? 'password' : 'text'}
            autocomplete={value === SECRET ? 'new-password' : 'off'}
            value={value === SECRET ? '' : settingText(value)}
            help={value === SECRET ? 'Is set; empty leaves it as it is' : undefined}
            fault={faultOf(`settings.${key}`) ?? faultOf(key)}
          />
        ))
      }
    </Form>
  );
}

/** Of the kind that it was of. */
function asBefore(text: string, before: unknown): unknown {
  if (typeof before === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
