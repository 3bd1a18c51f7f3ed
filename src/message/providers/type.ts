/**
 * A type of provider as data: what it is told, what of that is secret, what it can do, and how one is made. What is known of
 * a type stands in its folder; the configuration, `iep provider` and all that masks secrets are made from the registry.
 */

import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { type ProviderSettings, providerName } from '../../core/provider-settings.ts';
import type { Inbound } from './inbound.ts';
import type { KeptTokens } from './oauth2/token-keeper.ts';
import type { Capabilities, Carrier } from './provider.ts';

export type SettingsSchema = z.ZodType<ProviderSettings> & z.core.$ZodTypeDiscriminable;

/**
 * An option of `iep provider add` and `set`, called as the setting is, or as its path: `--oauth2-scope`. That of a secret takes a
 * file that holds it.
 */
export interface Flag {
  /** How the value is called in the help. */
  readonly value: string;
  readonly help: string;
}

export interface TypeDeps {
  readonly clock: Clock;
  /** The name of this machine that the operator set; asked each time it is needed. */
  readonly hostName?: (() => string | undefined) | undefined;
  /** Where OAuth2 tokens outlive the process. */
  readonly tokens?: KeptTokens | undefined;
}

export interface ProviderType<Schema extends SettingsSchema = SettingsSchema> {
  readonly type: string;
  /** The one place of defaults. */
  readonly settings: Schema;
  /**
   * Settings that are never shown, by their paths: `password`, `oauth2.clientSecret`. A test holds their names to those that the
   * log and the audit log hide.
   */
  readonly secrets: readonly string[];
  /** Services that the setting `preset` names. */
  readonly presets?: readonly string[];
  /** By setting, or by its path; a setting without a flag is given with `--set`. */
  readonly flags: Readonly<Record<string, Flag>>;
  /** Where mail goes, in a word for a table; empty where it goes nowhere. */
  target(settings: z.output<Schema>): string;
  capabilities(settings: z.output<Schema>): Capabilities;
  /** Throws the refusal `bad_config` where the settings contradict each other. Connects to nothing yet. */
  create(name: string, settings: z.output<Schema>, deps: TypeDeps): Carrier;
  /**
   * Reads what the vendor posts to `/hooks/{provider}`. Absent: it posts nothing. Undefined: the key that its posts are proved
   * by is not set.
   */
  inbound?(settings: z.output<Schema>): Inbound | undefined;
  /** The settings that posts are proved by, as an operator reads them. Present where `inbound` is. */
  readonly inboundSetting?: string;
}

/** What every type takes. */
export const commonSettings = {
  maxPerSecond: z.number().positive().max(100_000).optional(),
  paused: z.boolean().optional(),
  /** What the same account was called here before: mail that went by it, and what is told of that, is this provider's. */
  formerNames: z.array(providerName).max(20).optional(),
};
export const commonFlags: Readonly<Record<string, Flag>> = {
  maxPerSecond: { value: 'n', help: 'most requests in a second' },
  formerNames: {
    value: 'names',
    help: 'what it was called before, so that what is told of mail of that time finds it',
  },
};
