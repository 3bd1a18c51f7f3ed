/** The providers, as the calls of the API show and change them. The daemon makes it; a command makes one over its store. */

import type { Json } from '../core/message.ts';
import type { ProviderState } from '../core/provider-state.ts';
import type { TenantSettings } from '../core/tenant-settings.ts';
import type { StoredProvider } from '../db/verbs/providers.ts';
import type { Inbound } from '../message/providers/inbound.ts';
import type { Capabilities, Provider } from '../message/providers/provider.ts';
import type { KnownProvider } from './known-providers.ts';
import type { VendorReportState } from './vendor-reports.ts';

export interface ShownProvider {
  readonly name: string;
  /** What stands in the configuration wins, and is changed there. */
  readonly source: 'config' | 'store';
  /** `type` included; `set` in place of every secret. */
  readonly settings: Readonly<Record<string, Json>>;
  /** Absent where its settings cannot be used. */
  /** Where its mail goes; absent where it leaves nowhere, or the settings cannot be used. */
  readonly where?: string;
  readonly capabilities?: Capabilities;
  /** Its vendor tells what became of mail. */
  readonly tells: boolean;
  /** Where the vendor posts to; absent where it posts nothing, or nobody knows under which URL IEP is reached. */
  readonly webhookUrl?: string;
  /** Absent where this process does not deliver. */
  readonly state?: ProviderState;
  /** How what its vendor tells gets in; absent where the type tells nothing, or this process does not deliver. */
  readonly callbacks?: ShownCallbacks;
  /** Why its settings cannot be used. */
  readonly problem?: string;
  readonly createdAt?: number;
  readonly updatedAt?: number;
}

export interface ShownCallbacks extends VendorReportState {
  /** Whether callbacks can be proved. */
  readonly ready: boolean;
  /** The setting that proves them. */
  readonly setting: string;
}

export interface ProviderTest {
  readonly ok: boolean;
  readonly detail: string;
  /** What came of the message, where one was asked for. */
  readonly sent?: { readonly outcome: string; readonly reply: string; readonly transcript?: string };
}

/** Providers as those need them who store several changes at once. */
export interface ProviderManifests {
  /** With their secrets. */
  all(): Promise<readonly KnownProvider[]>;
  /** What the store keeps of it. Refuses with `invalid_request`. */
  sealed(name: string, settings: unknown): Pick<StoredProvider, 'name' | 'type' | 'settings'>;
  /** Refuses with `conflict` while a route names it, of another tenant than those that are leaving. */
  requireUnused(name: string, leaving?: ReadonlySet<string>): Promise<void>;
  /** What was stored holds from now on. */
  reload(): Promise<void>;
}

export interface CallbackListener extends Pick<Provider, 'name' | 'formerNames'> {
  /** Absent: the key that proves callbacks is not set. */
  readonly inbound?: Inbound;
  /** The setting that proves them. */
  readonly setting: string;
}

export interface ProviderDesk {
  readonly manifests: ProviderManifests;
  names(): Promise<readonly string[]>;
  list(): Promise<readonly ShownProvider[]>;
  /** Refuses with `invalid_request` or `conflict`. */
  add(input: { name: string; settings: unknown }): Promise<ShownProvider>;
  /** Changes what is given; null takes a setting away. */
  set(input: { name: string; settings: Readonly<Record<string, unknown>> }): Promise<ShownProvider>;
  /** Refuses with `conflict` while a route names it, unless `force`. */
  remove(input: { name: string; force: boolean }): Promise<void>;
  /** Connects and logs in; with `to` also sends a small message, past queue and breaker. */
  test(input: { name: string; to?: string; from?: string }): Promise<ProviderTest>;
  /** The names that a message would be tried with, in order. */
  routeOf(
    message: { id: string; provider?: string | undefined; unanswered?: string | undefined },
    tenant: TenantSettings,
  ): readonly string[];
  /** The names that a tenant's messages may go out by. */
  usableBy(tenant: TenantSettings): readonly string[];
  /** Whether mail that leaves by this provider is signed with DKIM. False: there is none of that name. */
  signs(name: string): Promise<boolean>;
  /** Who reads what is posted to the URL with this name, which may be one that the provider had before; undefined where nobody does. */
  listenerOf(name: string): CallbackListener | undefined;
  /** Whether this process delivers, and so knows how the providers are doing. */
  readonly isDelivering: boolean;
  /** Undefined: there is none of that name, or this process does not deliver. */
  stateOf(name: string): ProviderState | undefined;
  /** How long an attempt may take before its message is taken for abandoned. */
  readonly leaseMs: number;
}
