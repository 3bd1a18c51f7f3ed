/** `iep send` of a message that is whole already: what its options say goes into its header, or does not go with it. */

import { encodeText } from '../../message/rfc5322/header.ts';
import { Complaint } from '../failure.ts';
import type { SendOptions } from './send-options.ts';

/** What such a message has inside, or no header field can say. */
const INSIDE = [
  ...['subject', 'replyTo', 'header', 'html', 'text', 'var', 'vars', 'attach', 'attachUrl', 'meta', 'provider'],
  ...['template', 'templateVersion', 'locale'],
] as const satisfies readonly (keyof SendOptions)[];

export function refuseParts(options: SendOptions): void {
  const given = INSIDE.find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new Complaint(
    64,
    `--${flag} does not go with a whole message`,
    'Its bodies, files and header are inside; leave the option out, or give them in parts.',
  );
}

const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** The `X-IEP-…` fields that say what the options do; they come first in its header, and so before those it has itself. */
export function iepFields({
  category,
  tag = [],
  priority,
  at,
  group,
  idempotencyKey,
  unsubscribe,
  ...rest
}: SendOptions): string {
  const tracked = Object.entries({ opens: rest.trackOpens, clicks: rest.trackClicks });
  const isAsked = tracked.some(([, isOn]) => isOn !== undefined);
  const track = tracked.flatMap(([name, isOn]) => (isOn ? [name] : []));
  const fields: readonly (readonly [name: string, value: string | undefined])[] = [
    ['Category', category],
    ...tag.map((one) => ['Tag', one] as const),
    ['Priority', priority],
    ['Scheduled-At', at === undefined ? undefined : new Date(at).toISOString()],
    ['Group', group],
    ['Idempotency-Key', idempotencyKey],
    ['Unsubscribe', unsubscribe],
    ['Track', isAsked ? track.join(', ') || 'off' : undefined],
  ];
  return fields
    .flatMap(([name, value]) => (value === undefined ? [] : [`X-IEP-${name}: ${fieldText(value)}\r\n`]))
    .join('');
}

/** Whatever could end the field is encoded. */
function fieldText(value: string): string {
  return value === '' || (PLAIN.test(value) && !value.includes('=?')) ? value : encodeText(value);
}
