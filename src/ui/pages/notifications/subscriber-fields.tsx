/** The form of a subscriber. What is shown of a URL stands for the one that is there. */

import { send } from '../../api/call.ts';
import type { Subscriber } from '../../api/types.ts';
import { Field, type Values } from '../../kit/form.tsx';
import type { FieldsProps } from './definition-view.tsx';
import { jsonOf, jsonText, withoutNulls } from './read.ts';

const plain = [
  ['email', 'Address', 'jo@example.com'],
  ['name', 'Name', 'Jo'],
  ['locale', 'Locale', 'de'],
  ['timezone', 'Time zone', 'Europe/Berlin'],
] as const;
const urls = [
  ['slack.webhookUrl', 'Slack webhook', 'https://hooks.slack.com/services/…'],
  ['slack.channel', 'or channel of the bot', 'C0123456789'],
  ['teams.webhookUrl', 'Teams workflow', 'https://….logic.azure.com/workflows/…'],
  ['webhook.url', 'Webhook', 'https://app.example.com/hooks'],
] as const;

export function SubscriberFields({ of, faultOf }: FieldsProps<Subscriber>) {
  const { slack, teams, webhook } = of?.channels ?? {};
  const there: Readonly<Record<string, string | undefined>> = {
    ...{ 'slack.webhookUrl': slack?.webhookUrl, 'slack.channel': slack?.channel },
    ...{ 'teams.webhookUrl': teams?.webhookUrl, 'webhook.url': webhook?.url },
  };
  return (
    <>
      <div class="two">
        {plain.map(([name, label, example]) => (
          <Field
            key={name}
            label={label}
            name={name}
            value={of?.[name] ?? ''}
            placeholder={example}
            fault={faultOf(name)}
          />
        ))}
      </div>
      <Field
        label="Topics"
        name="topics"
        value={of?.topics.join(', ')}
        placeholder="outages, news"
        help="One that is not there is made"
        fault={faultOf('topics')}
      />
      <fieldset class="group">
        <legend>Reached besides by</legend>
        <div class="two">
          {urls.map(([name, label, example]) => (
            <Field
              key={name}
              label={label}
              name={name}
              value={there[name]}
              placeholder={example}
              fault={faultOf(`channels.${name}`)}
            />
          ))}
        </div>
      </fieldset>
      <Field
        label="Data"
        name="data"
        rows={4}
        value={jsonText(of?.data)}
        placeholder={'{"plan": "pro"}'}
        help="JSON that templates may use"
        fault={faultOf('data')}
      />
    </>
  );
}

export async function addSubscriber(values: Values): Promise<void> {
  const { channels, ...said } = readSubscriber(values);
  const body = { id: values.id, ...withoutNulls(said), channels: withoutNulls(channels) };
  await send('POST /v1/subscribers', { body });
}

export async function changeSubscriber(id: string, values: Values): Promise<void> {
  await send('PATCH /v1/subscribers/{id}', { params: { id }, body: readSubscriber(values) });
}

/** Null takes a field away. */
function readSubscriber(values: Values) {
  const { topics = '', data } = values;
  const hook = values['slack.webhookUrl'];
  const channel = values['slack.channel'];
  const slack = { ...(hook && { webhookUrl: hook }), ...(channel && { channel }) };
  const teams = values['teams.webhookUrl'];
  const url = values['webhook.url'];
  return {
    ...Object.fromEntries(plain.map(([name]) => [name, values[name] || null])),
    ...{ topics: topics.split(/[\s,]+/).filter(Boolean), data: jsonOf('The data', data) },
    channels: {
      slack: Object.keys(slack).length > 0 ? slack : null,
      teams: teams ? { webhookUrl: teams } : null,
      webhook: url ? { url } : null,
    },
  };
}
