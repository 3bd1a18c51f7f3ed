/** The form of a notification type. */

import { useState } from 'preact/hooks';
import type { NotificationType } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Checks, checksOf } from '../../kit/checks.tsx';
import { Choice, Field, type Values } from '../../kit/form.tsx';
import { channels } from './channel-names.ts';
import type { FieldsProps } from './definition-view.tsx';
import { numberOf } from './read.ts';

const flags = {
  prefix: 'is',
  options: [
    ['critical', 'Critical: passes preferences, limits, digests and quiet hours'],
    ['unsubscribable', 'Its mail has a link to unsubscribe'],
  ],
} as const;
const MINUTES = 'minutes';
const periods = [
  ['', 'no: each goes at once'],
  ['hourly', 'hourly'],
  ['daily', 'daily'],
  ['weekly', 'weekly'],
  [MINUTES, 'every few minutes'],
] as const;

type Props = FieldsProps<NotificationType>;

export function TypeFields({ of, faultOf }: Props) {
  const chosen = [...(of?.critical === true ? ['critical' as const] : [])];
  return (
    <>
      <Field
        label="Category"
        name="category"
        value={of?.category ?? 'general'}
        help="What somebody unsubscribes from"
        required
        fault={faultOf('category')}
      />
      <Checks legend="Told by" prefix="by" options={channels} chosen={of?.channels ?? ['email']} />
      <Checks
        legend="How it is told"
        {...flags}
        chosen={of?.unsubscribable === false ? chosen : [...chosen, 'unsubscribable']}
      />
      <Templates of={of} faultOf={faultOf} />
      <Amount of={of} faultOf={faultOf} />
    </>
  );
}

function Templates({ of, faultOf }: Props) {
  const templates = useData('GET /v1/templates', { query: { kind: 'template', limit: 100 } });
  const names = templates.data?.items.map(({ name }) => name) ?? [];
  return (
    <fieldset class="group">
      <legend>Stored templates</legend>
      <div class="two">
        {channels.map(([channel, word]) => (
          <Field
            key={channel}
            label={`Of ${word}`}
            name={`templates.${channel}`}
            value={of?.templates[channel]}
            placeholder={channel === 'email' ? '' : 'a plain card'}
            suggestions={names}
            fault={faultOf(`templates.${channel}`)}
          />
        ))}
      </div>
    </fieldset>
  );
}

function Amount({ of, faultOf }: Props) {
  const { digest, group, rateLimit } = of ?? {};
  const [every, setEvery] = useState<string>(typeof digest?.every === 'object' ? MINUTES : (digest?.every ?? ''));
  const minutes = typeof digest?.every === 'object' ? digest.every.minutes : undefined;
  const number = (label: string, name: string, value: number | undefined) => (
    <Field label={label} name={name} type="number" min={1} value={value} fault={faultOf(name)} />
  );
  return (
    <fieldset class="group">
      <legend>How much at once</legend>
      <div class="two">
        <Choice label="Gathered in a digest" name="digest.every" value={every} options={periods} onChange={setEvery} />
        {every === MINUTES && number('Minutes of a digest', 'digest.every.minutes', minutes)}
        {every !== '' && (
          <>
            <Field
              label="Digest at"
              name="digest.at"
              value={digest?.at}
              placeholder="09:00"
              help="In the subscriber’s time zone"
              fault={faultOf('digest.at')}
            />
            <Field
              label="Template of a digest"
              name="digest.template"
              value={digest?.template}
              fault={faultOf('digest.template')}
            />
          </>
        )}
        <Field
          label="Grouped by"
          name="group.by"
          value={group?.by}
          placeholder="data.jobId"
          help="Of the same value, one goes at once"
          fault={faultOf('group.by')}
        />
        {number('Minutes of a group', 'group.windowMinutes', group?.windowMinutes)}
        {number('At most', 'rateLimit.count', rateLimit?.count)}
        {number('Within minutes', 'rateLimit.windowMinutes', rateLimit?.windowMinutes)}
      </div>
    </fieldset>
  );
}

export function readType(values: Values) {
  const ticked = checksOf(values, flags);
  const templates = channels.flatMap(([channel]) => {
    const name = values[`templates.${channel}`];
    return name ? [[channel, name] as const] : [];
  });
  return {
    ...{ category: values.category, channels: checksOf(values, { prefix: 'by', options: channels }) },
    ...{ critical: ticked.includes('critical'), unsubscribable: ticked.includes('unsubscribable') },
    ...{ templates: Object.fromEntries(templates), digest: digestOf(values) },
    group: said({ by: values['group.by'], windowMinutes: numberOf(values['group.windowMinutes']) }),
    rateLimit: said({
      count: numberOf(values['rateLimit.count']),
      windowMinutes: numberOf(values['rateLimit.windowMinutes']),
    }),
  };
}

function digestOf(values: Values) {
  const every = values['digest.every'];
  if (!every) return null;
  return said({
    every: every === MINUTES ? { minutes: numberOf(values['digest.every.minutes']) } : every,
    ...{ at: values['digest.at'], template: values['digest.template'] },
  });
}

/** Without what was left empty; null where all of it was. */
function said(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | null {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  return given.length > 0 ? Object.fromEntries(given) : null;
}
