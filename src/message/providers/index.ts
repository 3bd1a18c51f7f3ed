/** The registry of provider types: the one list of vendors. Everybody else takes a type as it comes. */

import * as z from 'zod';
import type { ProviderSettings } from '../../core/provider-settings.ts';
import { capture } from './capture/type.ts';
import { graph } from './graph/type.ts';
import { mailgun } from './mailgun/type.ts';
import { nowhere } from './null/type.ts';
import { withoutOwnSecrets } from './own-secrets.ts';
import { postmark } from './postmark/type.ts';
import type { Capabilities, Provider } from './provider.ts';
import { resend } from './resend/type.ts';
import { sendgrid } from './sendgrid/type.ts';
import { ses } from './ses/type.ts';
import { smtp } from './smtp/type.ts';
import { commonFlags, type Flag, type ProviderType, type TypeDeps } from './type.ts';

export const providerTypes: readonly [ProviderType, ...ProviderType[]] = [
  smtp, // any server that speaks SMTP
  ses, // Amazon SES, by its API
  sendgrid, // Twilio SendGrid, by its Web API
  mailgun, // Mailgun, by its API
  postmark, // Postmark, by its API
  resend, // Resend, by its API
  graph, // Microsoft 365, by Microsoft Graph
  capture, // keeps mail to be looked at
  nowhere, // drops it
];

const byType = new Map(providerTypes.map((one) => [one.type, one]));
const [first, ...others] = providerTypes;

/** What the configuration, `iep provider` and the API take. */
export const providerSchema = z.discriminatedUnion('type', [first.settings, ...others.map(({ settings }) => settings)]);

/** Of all types together, by setting; where two have one of the same name, the first says what it is. */
export const providerFlags: Readonly<Record<string, Flag>> = Object.assign(
  {},
  ...providerTypes.map(({ flags }) => flags).toReversed(),
  commonFlags,
);

/** Paths of secrets, of all types together. */
export const secretNames: readonly string[] = providerTypes.flatMap(({ secrets }) => secrets);

/** What a word stands for: a type, or a service that the preset of a type names. */
export function settingsNamed(word: string): { readonly type: string; readonly preset?: string } | undefined {
  if (byType.has(word)) return { type: word };
  const type = providerTypes.find(({ presets = [] }) => presets.includes(word))?.type;
  return type === undefined ? undefined : { type, preset: word };
}

/** Every such word. */
export const settingsNames: readonly string[] = [
  ...new Set(providerTypes.flatMap(({ type, presets = [] }) => [type, ...presets])),
];

/** Paths of settings of this type that are never shown. */
export function secretsOf(type: string): readonly string[] {
  return byType.get(type)?.secrets ?? [];
}

/** Where mail goes by a provider that is told this, as far as it can be told. */
export function targetOf(settings: ProviderSettings): string {
  const type = byType.get(settings.type);
  const parsed = type?.settings.safeParse(settings);
  return type && parsed?.success ? type.target(parsed.data) : '';
}

/** What a provider that is told this can do; undefined where the settings cannot be used. */
export function capabilitiesOf(settings: ProviderSettings): Capabilities | undefined {
  const type = byType.get(settings.type);
  const parsed = type?.settings.safeParse(settings);
  return type && parsed?.success ? type.capabilities(parsed.data) : undefined;
}

/** Whether the type has a setting of this name. */
export function isSetting(type: string, name: string): boolean {
  const issues = byType.get(type)?.settings.safeParse({ type, [name]: null }).error?.issues ?? [];
  return !issues.some((issue) => issue.code === 'unrecognized_keys' && issue.keys.includes(name));
}

/** Whether vendors of this type tell by `/hooks/{provider}` what became of mail. */
export function tellsByHook(type: string): boolean {
  return byType.get(type)?.inbound !== undefined;
}

/** What has to be set before callbacks of this type can be proved; undefined where its vendors post none. */
export function callbackSetting(type: string): string | undefined {
  return byType.get(type)?.inboundSetting;
}

/** Throws the refusal `bad_config` where the settings contradict each other. Connects to nothing yet. */
export function createProvider(name: string, given: ProviderSettings, deps: TypeDeps): Provider {
  const type = byType.get(given.type);
  if (!type) throw new Error(`there is no provider type ${given.type}`);
  const settings = type.settings.parse(given);
  const { maxPerSecond, paused, formerNames } = settings;
  const { learned, ...carrier } = type.create(name, settings, deps);
  const inbound = type.inbound?.(settings);
  const provider: Provider = {
    ...{ name, type: type.type, capabilities: type.capabilities(settings) },
    ...(maxPerSecond !== undefined && { maxPerSecond }),
    ...(paused === true && { paused }),
    ...(formerNames !== undefined && { formerNames }),
    ...carrier,
    ...(inbound && { inbound }),
  };
  return withoutOwnSecrets(provider, { settings, learned, secrets: type.secrets });
}
