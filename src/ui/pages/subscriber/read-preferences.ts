/** The form of preferences as the API takes it: what nobody said is left out. */

import type { Calls } from '../../api/types.ts';
import { checksOf } from '../../kit/checks.tsx';
import type { Values } from '../../kit/form.tsx';
import { severalOf } from '../../kit/several.tsx';
import { channels } from '../notifications/channel-names.ts';

type Body = Calls['PUT /v1/subscribers/{id}/preferences']['body'];
type Preference = NonNullable<Body['categories']>[string];

export const told = { prefix: 'is', options: [['told', 'Told, where nothing below says otherwise']] } as const;
export const quiet = { prefix: 'quiet.is', options: [['on', 'What is not critical waits']] } as const;
export const switches = [
  ['', 'not said here'],
  ['on', 'yes'],
  ['off', 'no'],
] as const;
export const frequencies = [
  ['', 'as the type says'],
  ['immediate', 'at once'],
  ['hourly', 'hourly'],
  ['daily', 'daily'],
  ['weekly', 'weekly'],
] as const;
export const days = [
  ['mon', 'Monday'],
  ['tue', 'Tuesday'],
  ['wed', 'Wednesday'],
  ['thu', 'Thursday'],
  ['fri', 'Friday'],
  ['sat', 'Saturday'],
  ['sun', 'Sunday'],
] as const;

export function readPreferences(values: Values): Body {
  const by = checksOf(values, { prefix: 'by', options: channels });
  const off = channels.filter(([name]) => !by.includes(name)).map(([name]) => [name, false] as const);
  return {
    global: { enabled: checksOf(values, told).length > 0, channels: Object.fromEntries(off) },
    categories: byName(values, 'categories'),
    types: byName(values, 'types'),
    ...quietHoursOf(values),
  };
}

function byName(values: Values, prefix: string): Readonly<Record<string, Preference>> {
  const said = severalOf(values, prefix).flatMap((one) => {
    const name = values[`${one}.name`]?.trim() ?? '';
    const preference = preferenceOf(values, one);
    return name === '' || Object.keys(preference).length === 0 ? [] : [[name, preference] as const];
  });
  return Object.fromEntries(said);
}

function preferenceOf(values: Values, prefix: string): Preference {
  const frequency = frequencies.map(([one]) => one).find((one) => one === values[`${prefix}.frequency`]);
  const by = channels.flatMap(([name]) => {
    const said = values[`${prefix}.by.${name}`];
    return said ? [[name, said === 'on'] as const] : [];
  });
  const enabled = values[`${prefix}.enabled`];
  return {
    ...(enabled && { enabled: enabled === 'on' }),
    ...(frequency && { frequency }),
    ...(by.length > 0 && { channels: Object.fromEntries(by) }),
  };
}

function quietHoursOf(values: Values): Pick<Body, 'quietHours'> {
  const start = values['quiet.start'] ?? '';
  const end = values['quiet.end'] ?? '';
  if (start === '' && end === '') return {};
  const timezone = values['quiet.timezone'];
  const on = checksOf(values, { prefix: 'quiet.days', options: days });
  return {
    quietHours: {
      ...{ enabled: checksOf(values, quiet).length > 0, start, end },
      ...(timezone && { timezone }),
      ...(on.length > 0 && { days: [...on] }),
    },
  };
}
