/** What a subscriber wants to be told: of everything, of each category, of single types, and when they are left in peace. */

import { call } from '../../api/call.ts';
import type { Preferences } from '../../api/types.ts';
import { useData } from '../../api/use-data.ts';
import { Checks } from '../../kit/checks.tsx';
import { Field, Form, type Values } from '../../kit/form.tsx';
import { Several } from '../../kit/several.tsx';
import { say } from '../../kit/toast.tsx';
import { channels } from '../notifications/channel-names.ts';
import { PreferenceFields } from './preference-fields.tsx';
import { days, quiet, readPreferences, told } from './read-preferences.ts';

interface PreferencesProps {
  readonly id: string;
  readonly preferences: Preferences;
  readonly onDone: () => void;
}

export function PreferencesForm({ id, preferences, onDone }: PreferencesProps) {
  const types = useData('GET /v1/notification-types', {});
  // The form begins with all categories there are: it is drawn once they are known, or cannot be.
  if (types.data === undefined && types.problem === undefined) return null;
  const items = types.data?.items ?? [];
  const categories = [...new Set([...Object.keys(preferences.categories), ...items.map(({ category }) => category)])];
  const submit = async (values: Values) => {
    await call('PUT /v1/subscribers/{id}/preferences', { params: { id }, body: readPreferences(values) });
    say('The preferences are saved');
    onDone();
  };
  const { global, quietHours } = preferences;
  const off = channels.map(([name]) => name).filter((name) => global.channels[name] === false);
  return (
    <Form submit="Save" onSubmit={submit}>
      {(faultOf) => (
        <>
          <Checks legend="In general" {...told} chosen={global.enabled ? ['told'] : []} />
          <Checks
            legend="By"
            prefix="by"
            options={channels}
            chosen={channels.map(([name]) => name).filter((name) => !off.includes(name))}
          />
          {categories.toSorted().map((name, at) => (
            <fieldset key={name} class="group">
              <legend>Category {name}</legend>
              <input type="hidden" name={`categories.${at}.name`} value={name} />
              <PreferenceFields prefix={`categories.${at}`} of={preferences.categories[name]} />
            </fieldset>
          ))}
          <Types said={preferences.types} names={items.map(({ name }) => name)} />
          <QuietHours of={quietHours} faultOf={faultOf} />
        </>
      )}
    </Form>
  );
}

function Types({ said, names }: { said: Preferences['types']; names: readonly string[] }) {
  const entries = Object.entries(said);
  return (
    <Several label="Single types" noun="type" begin={entries.length}>
      {(at) => (
        <div class="step">
          <Field label="Type" name={`types.${at}.name`} value={entries[at]?.[0]} suggestions={names} />
          <PreferenceFields prefix={`types.${at}`} of={entries[at]?.[1]} />
        </div>
      )}
    </Several>
  );
}

interface QuietHoursProps {
  readonly of: Preferences['quietHours'];
  readonly faultOf: (path: string) => string | undefined;
}

function QuietHours({ of, faultOf }: QuietHoursProps) {
  return (
    <fieldset class="group">
      <legend>Quiet hours</legend>
      <Checks legend="Then" {...quiet} chosen={of?.enabled === true ? ['on'] : []} />
      <div class="two">
        <Field label="From" name="quiet.start" type="time" value={of?.start} fault={faultOf('quietHours.start')} />
        <Field label="Until" name="quiet.end" type="time" value={of?.end} fault={faultOf('quietHours.end')} />
        <Field
          label="Time zone"
          name="quiet.timezone"
          value={of?.timezone}
          placeholder="the subscriber’s own"
          fault={faultOf('quietHours.timezone')}
        />
      </div>
      <Checks legend="They begin on; none: every day" prefix="quiet.days" options={days} chosen={of?.days ?? []} />
    </fieldset>
  );
}
