/** The settings of a tenant as flags of `tenant add` and `tenant set`, and as lines of `tenant show`: one table for all. */

import { type Command, InvalidArgumentError } from 'commander';
import { formatMailbox } from '../core/address.ts';
import { isRecord } from '../core/is-record.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import { hasOwnRoute } from '../core/routing.ts';
import type { TenantSettingName, TenantSettings, TenantSettingsChange } from '../core/tenant-settings.ts';
import { type AskedTracking, trackingNames } from '../core/tracking.ts';
import { collectList, wholeNumber } from './values.ts';

interface SettingFlag {
  readonly setting: TenantSettingName;
  /** What the flag takes, for the help. */
  readonly takes: string;
  readonly summary: string;
  readonly read: (text: string) => unknown;
  /** What holds where it is not set. */
  readonly unset: string;
}

const PLATFORM = 'the platform’s';
const NONE = 'none';
const list = (text: string) => collectList(text, undefined);
const asGiven = (text: string) => text;

const settingFlags: readonly SettingFlag[] = [
  {
    setting: 'primary',
    takes: 'provider',
    summary: 'provider that its mail goes out through',
    read: asGiven,
    unset: PLATFORM,
  },
  {
    setting: 'fallback',
    takes: 'provider',
    summary: 'provider to use while the primary is unavailable',
    read: asGiven,
    unset: PLATFORM,
  },
  {
    setting: 'route',
    takes: 'providers',
    summary: 'providers in order, with commas between, in place of primary and fallback',
    read: list,
    unset: 'primary, then fallback',
  },
  {
    setting: 'split',
    takes: 'weights',
    summary: 'which provider a message tries first, by weight: relay=90,spare=10',
    read: weights,
    unset: 'none',
  },
  {
    setting: 'providers',
    takes: 'providers',
    summary: 'the only providers it may use, with commas between',
    read: list,
    unset: 'those of its route',
  },
  {
    setting: 'unknownOutcome',
    takes: 'policy',
    summary: 'when it is unknown whether mail went out: `retry` or `failover` (may come twice), or `hold`',
    read: asGiven,
    unset: 'retry',
  },
  {
    setting: 'maxAttempts',
    takes: 'n',
    summary: 'attempts before a message becomes a dead letter',
    read: wholeNumber,
    unset: PLATFORM,
  },
  {
    setting: 'retryScheduleSeconds',
    takes: 'list',
    summary: 'waits between attempts in seconds, such as 60,300,900; the last one repeats',
    read: numbers,
    unset: PLATFORM,
  },
  {
    setting: 'ratePerMinute',
    takes: 'n',
    summary: 'messages it may submit in any minute',
    read: wholeNumber,
    unset: 'no limit',
  },
  {
    setting: 'ratePerHour',
    takes: 'n',
    summary: 'messages it may submit in any hour',
    read: wholeNumber,
    unset: 'no limit',
  },
  {
    setting: 'ratePerDay',
    takes: 'n',
    summary: 'messages it may submit in any 24 hours',
    read: wholeNumber,
    unset: 'no limit',
  },
  {
    setting: 'recipientDomains',
    takes: 'domains',
    summary: 'the only domains, with their sub-domains, it may mail',
    read: list,
    unset: 'any',
  },
  {
    setting: 'replyToDomains',
    takes: 'domains',
    summary: 'the only domains, with their sub-domains, of Reply-To',
    read: list,
    unset: 'any',
  },
  {
    setting: 'sending',
    takes: 'on|off',
    summary: '`off`: mail is accepted and recorded, and not delivered',
    read: asGiven,
    unset: 'on',
  },
  {
    setting: 'defaultFrom',
    takes: 'mailbox',
    summary: 'who mail is from that names no sender: "Acme <noreply@acme.example>"',
    read: mailbox,
    unset: 'none',
  },
  {
    setting: 'branding',
    takes: 'json',
    summary: 'how it looks in templates: \'{"company": "Acme", "colors": {"primary": "#0a58ca"}}\'',
    read: jsonObject,
    unset: 'none',
  },
  {
    setting: 'locale',
    takes: 'language',
    summary: 'language of templates where a message says none, such as de or fr-CA',
    read: asGiven,
    unset: 'the template’s own',
  },
  {
    setting: 'anySender',
    takes: 'on|off',
    summary: '`on`: it may send from any domain that no other tenant has, besides its own',
    read: onOrOff,
    unset: 'off',
  },
  {
    setting: 'requireVerifiedDomains',
    takes: 'on|off',
    summary: '`on`: a sender domain may be used only once it is verified',
    read: onOrOff,
    unset: 'off',
  },
  {
    setting: 'maxAttachments',
    takes: 'n',
    summary: 'attachments of a message',
    read: wholeNumber,
    unset: PLATFORM,
  },
  {
    setting: 'maxAttachmentBytes',
    takes: 'n',
    summary: 'bytes of an attachment',
    read: wholeNumber,
    unset: PLATFORM,
  },
  {
    setting: 'maxAttachmentsBytes',
    takes: 'n',
    summary: 'bytes of all attachments of a message',
    read: wholeNumber,
    unset: PLATFORM,
  },
  {
    setting: 'attachmentTypes',
    takes: 'types',
    summary: 'types an attachment may have: application/pdf,image/*',
    read: list,
    unset: PLATFORM,
  },
  {
    setting: 'suppressAfterHardBounces',
    takes: 'n',
    summary: 'hard bounces after which an address is suppressed',
    read: wholeNumber,
    unset: PLATFORM,
  },
  {
    setting: 'complaintRateAlert',
    takes: 'rate',
    summary: 'rate of complaints that raises an alert: 0.001 is one of 1,000 recipients',
    read: part,
    unset: '0.001',
  },
  {
    setting: 'bounceRateAlert',
    takes: 'rate',
    summary: 'rate of hard bounces that raises an alert',
    read: part,
    unset: '0.05',
  },
  {
    setting: 'pauseOnComplaintRate',
    takes: 'on|off',
    summary: '`on`: an alert of complaints pauses its queue',
    read: onOrOff,
    unset: 'off',
  },
  {
    setting: 'tracking',
    takes: 'what',
    summary: '`opens`, `clicks`, `anonymous`, with commas between: what is noted of the reading of its mail; or `off`',
    read: tracking,
    unset: PLATFORM,
  },
  {
    setting: 'messageRetentionDays',
    takes: 'n',
    summary: 'days that finished messages are kept',
    read: wholeNumber,
    unset: PLATFORM,
  },
  {
    setting: 'attachmentRetentionDays',
    takes: 'n',
    summary: 'days that attachments of finished messages are kept',
    read: wholeNumber,
    unset: PLATFORM,
  },
];

/** Every setting as an option; `none` takes it away. */
export function addSettingFlags(command: Command): Command {
  command.optionsGroup('Settings (`none` takes one away):');
  for (const { setting, takes, summary, read } of settingFlags) {
    command.option(`--${words(setting, '-')} <${takes}>`, summary, (text) => (text === NONE ? NONE : read(text)));
  }
  return command.optionsGroup('Options:');
}

/** The settings that were given; what they may be is checked by the call. */
export function givenSettings(options: Readonly<Record<string, unknown>>): TenantSettingsChange {
  const given = settingFlags.flatMap(({ setting }) =>
    options[setting] === undefined ? [] : [[setting, options[setting] === NONE ? null : options[setting]] as const],
  );
  return Object.fromEntries(given);
}

/** A line for each setting: its name, and its value or what holds without one. */
export function settingLines(
  settings: TenantSettings,
): readonly (readonly [setting: string, label: string, value: string])[] {
  return settingFlags.map(({ setting, unset }) => {
    const value = settings[setting];
    const instead = hasOwnRoute(settings) && ROUTING.has(setting) ? 'none' : unset;
    return [setting, words(setting, ' '), value === undefined ? instead : shown(value)] as const;
  });
}

/** Of which a tenant with a way of its own has nothing of the platform's. */
const ROUTING: ReadonlySet<TenantSettingName> = new Set(['primary', 'fallback', 'split']);

function shown(value: NonNullable<TenantSettings[TenantSettingName]>): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return value.join(', ');
  if ('email' in value && typeof value.email === 'string') {
    const { email, name } = value as { email: string; name?: string };
    return formatMailbox(name === undefined ? { email } : { email, name });
  }
  return Object.entries(value)
    .map(([name, member]) => `${name} ${typeof member === 'object' ? JSON.stringify(member) : member}`)
    .join(', ');
}

function tracking(text: string): AskedTracking {
  const named = text === 'off' ? [] : list(text);
  const known: readonly string[] = trackingNames;
  const unknown = named.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${known.join(', ')} and off`);
  const has = (name: string) => named.includes(name);
  return { opens: has('opens'), clicks: has('clicks'), ...(has('anonymous') && { anonymous: true }) };
}

/** `ratePerMinute` as `rate-per-minute`. */
function words(setting: string, between: string): string {
  return setting.replace(/[A-Z]/g, (letter) => between + letter.toLowerCase());
}

function weights(text: string): Readonly<Record<string, number>> {
  const pairs = list(text).map((item) => /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(item));
  if (pairs.length === 0 || pairs.includes(null)) throw new InvalidArgumentError('It takes provider=weight,….');
  return Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] ?? '', Number(pair[2])]])));
}

function numbers(text: string): readonly number[] {
  const items = list(text).map(Number);
  if (items.length === 0 || items.some(Number.isNaN))
    throw new InvalidArgumentError('It takes numbers with commas between.');
  return items;
}

function jsonObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isRecord(value)) return value;
  throw new InvalidArgumentError('It takes a JSON object, such as {"company": "Acme"}.');
}

function part(text: string): number {
  const number = Number(text);
  if (!(number > 0 && number <= 1)) throw new InvalidArgumentError('It takes a part of 1, such as 0.001.');
  return number;
}

function onOrOff(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('It takes `on` or `off`.');
  return text === 'on';
}

function mailbox(text: string): { readonly email: string; readonly name?: string } {
  const found = readMailbox(text);
  if (found === undefined) throw new InvalidArgumentError('It takes an address such as "Acme <noreply@acme.example>".');
  return found;
}
