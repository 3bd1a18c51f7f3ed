/** The form of a channel: what its type is told. Of secrets the form says that they are set, and leaves them unless given anew. */

import { useState } from 'preact/hooks';
import type { Channel } from '../../api/types.ts';
import { Choice, Field, type Values } from '../../kit/form.tsx';
import { channels } from './channel-names.ts';
import type { FieldsProps } from './definition-view.tsx';

type Props = FieldsProps<Channel>;

const ways = [
  ['hook', 'an incoming webhook'],
  ['bot', 'a bot'],
] as const;

export function ChannelFields({ of, faultOf }: Props) {
  const [type, setType] = useState<string>(of?.type ?? 'slack');
  const Own = fieldsOf[type] ?? SlackFields;
  return (
    <>
      {of === undefined ? (
        <Choice label="Type" name="type" value={type} options={channels} onChange={setType} />
      ) : (
        <input type="hidden" name="type" value={type} />
      )}
      <Own of={of} faultOf={faultOf} />
      <Field label="Description" name="description" value={of?.description ?? ''} fault={faultOf('description')} />
    </>
  );
}

const fieldsOf: Readonly<Record<string, (props: Props) => preact.JSX.Element>> = {
  email: EmailFields,
  slack: SlackFields,
  teams: TeamsFields,
  webhook: WebhookFields,
};

function EmailFields({ of, faultOf }: Props) {
  return (
    <Field
      label="To"
      name="to"
      value={of?.to?.join(', ')}
      placeholder="ops@example.com, lead@example.com"
      required
      fault={faultOf('to')}
    />
  );
}

function SlackFields({ of, faultOf }: Props) {
  const [way, setWay] = useState<string>(of?.token == null ? 'hook' : 'bot');
  return (
    <>
      <Choice label="Posted by" name="way" value={way} options={ways} onChange={setWay} />
      {way === 'hook' ? (
        <Secret
          label="Webhook URL"
          name="webhookUrl"
          example="https://hooks.slack.com/services/…"
          set={of?.webhookUrl}
          fault={faultOf('webhookUrl')}
        />
      ) : (
        <>
          <Secret label="Token" name="token" example="xoxb-…" set={of?.token} fault={faultOf('token')} />
          <Field
            label="Channel"
            name="channel"
            value={of?.channel ?? ''}
            placeholder="C0123456789"
            required
            fault={faultOf('channel')}
          />
          <Field
            label="API"
            name="apiUrl"
            value={of?.apiUrl ?? ''}
            placeholder="https://slack.com/api"
            fault={faultOf('apiUrl')}
          />
        </>
      )}
    </>
  );
}

function TeamsFields({ of, faultOf }: Props) {
  return (
    <Secret
      label="Webhook URL"
      name="webhookUrl"
      example="https://….logic.azure.com/workflows/…"
      set={of?.webhookUrl}
      fault={faultOf('webhookUrl')}
    />
  );
}

function WebhookFields({ of, faultOf }: Props) {
  return (
    <>
      <Secret label="URL" name="url" example="https://app.example.com/hooks" set={of?.url} fault={faultOf('url')} />
      <Field
        label="Secret"
        name="secret"
        type="password"
        autocomplete="new-password"
        help={of === undefined ? 'Empty: one is made, and shown once' : 'Is set; empty leaves it as it is'}
        fault={faultOf('secret')}
      />
    </>
  );
}

interface SecretProps {
  readonly label: string;
  readonly name: string;
  readonly example: string;
  /** What is shown of the one that is there. */
  readonly set: string | null | undefined;
  readonly fault: string | undefined;
}

function Secret({ set, example, ...field }: SecretProps) {
  return (
    <Field
      {...field}
      autocomplete="off"
      placeholder={set ?? example}
      help={set == null ? undefined : 'Is set; empty leaves it as it is'}
      required={set == null}
    />
  );
}

export function readChannel(values: Values) {
  const { type = '', description } = values;
  return { type, ...(settingsOf[type]?.(values) ?? {}), description: description || null };
}

const settingsOf: Readonly<Record<string, (values: Values) => Readonly<Record<string, unknown>>>> = {
  email: ({ to = '' }) => ({ to: to.split(/[\s,]+/).filter(Boolean) }),
  slack: ({ way, webhookUrl, token, channel, apiUrl }) =>
    way === 'hook'
      ? { ...given({ webhookUrl }), token: null, channel: null, apiUrl: null }
      : { ...given({ token }), channel, apiUrl: apiUrl || null, webhookUrl: null },
  teams: ({ webhookUrl }) => given({ webhookUrl }),
  webhook: ({ url, secret }) => given({ url, secret }),
};

/** Without what was left empty. */
function given(fields: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value));
}
