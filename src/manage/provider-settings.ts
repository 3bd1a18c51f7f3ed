/** Shows and changes the providers, for the API and for commands over the local store. */

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { withDeadline } from '../core/deadline.ts';
import { IepError } from '../core/errors.ts';
import type { NewId } from '../core/ids.ts';
import type { Json, Message } from '../core/message.ts';
import { usableProviders } from '../core/routing.ts';
import { createStopping } from '../core/stop.ts';
import { providersNamed } from '../core/tenant-settings.ts';
import type { Vault } from '../core/vault.ts';
import type { Store } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { type ComposeMime, parcelOf, type ReadBytes } from '../message/delivery/parcel.ts';
import { routeOf } from '../message/delivery/route.ts';
import type { WaysOut } from '../message/delivery/ways-out.ts';
import {
  callbackSetting,
  capabilitiesOf,
  isSetting,
  secretsOf,
  targetOf,
  tellsByHook,
} from '../message/providers/index.ts';
import type { Health, Provider } from '../message/providers/provider.ts';
import { withChange, withSecretsHidden } from '../message/providers/secret-settings.ts';
import { keptTokens } from './kept-tokens.ts';
import { type KnownProvider, openProvider, parseProvider, readProviders, settingsContext } from './known-providers.ts';
import type { ProviderDesk, ProviderTest, ShownCallbacks, ShownProvider } from './providers.ts';
import type { VendorReports } from './vendor-reports.ts';

export interface DeskDeps {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly composeMime: ComposeMime;
  readonly readBytes: ReadBytes;
  /** Where this process delivers. */
  readonly live?: {
    readonly ways: WaysOut;
    readonly vendorReports: Pick<VendorReports, 'of'>;
    reload(): Promise<void>;
  };
}

/** A caller is answered before a provider's own timeouts, which are long. */
const TEST_WAIT_MS = 25_000;

export function createProviderDesk(deps: DeskDeps, config: { now(): Config }): ProviderDesk {
  const { store, vault, clock, newId, live } = deps;

  const tokens = keptTokens(deps);
  const nameNow = (name: string) => live?.ways.get(name)?.provider.name ?? name;
  const all = () => readProviders({ store, vault }, config.now());
  const show = (known: KnownProvider): ShownProvider => {
    const { name, type, source, settings, problem, createdAt, updatedAt } = known;
    const state = live?.ways.get(name)?.state();
    const capabilities = settings && capabilitiesOf(settings);
    const where = settings && targetOf(settings);
    const callbacks = callbacksOf(name);
    return {
      ...{ name, source, settings: { type, ...shownOf(type, settings ?? {}) } },
      ...(where && { where }),
      ...(capabilities && { capabilities }),
      tells: tellsByHook(type),
      ...(tellsByHook(type) && webhookUrlOf(name, config.now().http)),
      ...(state && { state }),
      ...(callbacks && { callbacks }),
      ...(problem !== undefined && { problem }),
      ...(createdAt !== undefined && { createdAt }),
      ...(updatedAt !== undefined && { updatedAt }),
    };
  };
  const callbacksOf = (name: string): ShownCallbacks | undefined => {
    const provider = live?.ways.get(name)?.provider;
    const setting = provider && callbackSetting(provider.type);
    if (!live || setting === undefined) return undefined;
    return { ready: provider?.inbound !== undefined, setting, ...live.vendorReports.of(name) };
  };
  const find = async (name: string) => {
    const known = (await all()).find((one) => one.name === name);
    if (known === undefined) throw new IepError('not_found', `No provider is called ${name}`);
    return known;
  };
  const changeable = async (name: string) => {
    const known = await find(name);
    if (known.source === 'store') return known;
    throw new IepError('conflict', `The provider ${name} stands in the configuration`, {
      extra: { hint: `Change providers.${name} in the configuration, and send SIGHUP.` },
    });
  };
  async function requireUnused(name: string, leaving: ReadonlySet<string> = new Set()): Promise<void> {
    const tenants = (await store.tenants.list()).filter(({ slug }) => !leaving.has(slug));
    const users = usersOf(name, config.now(), tenants);
    if (users.length > 0) throw new IepError('conflict', `The provider ${name} is still used by ${users.join(', ')}`);
  }
  const seal = (name: string, settings: unknown) => vault.seal(JSON.stringify(settings), settingsContext(name));

  return {
    manifests: {
      all,
      sealed: (name, settings) => ({ name, type: parseProvider(name, settings).type, settings: seal(name, settings) }),
      requireUnused,
      reload: async () => live?.reload(),
    },
    leaseMs: config.now().outbox.leaseSeconds * 1_000,
    names: async () => (live ? live.ways.names() : (await all()).map(({ name }) => name)),
    list: async () => (await all()).map(show),
    async add({ name, settings }) {
      const { type } = parseProvider(name, settings);
      if (Object.hasOwn(config.now().providers, name)) {
        throw new IepError('conflict', `There is a provider ${name} in the configuration already`);
      }
      const now = clock.now();
      await store.providers.add({ name, type, settings: seal(name, settings), createdAt: now, updatedAt: now });
      await live?.reload();
      return show(await find(name));
    },
    async set({ name, settings }) {
      const known = await changeable(name);
      const merged = merge(known, settings);
      parseProvider(name, merged);
      await store.providers.set({ name, settings: seal(name, merged), now: clock.now() });
      await live?.reload();
      return show(await find(name));
    },
    async remove({ name, force }) {
      await changeable(name);
      if (!force) await requireUnused(name);
      await store.providers.remove({ name });
      await live?.reload();
    },
    async test({ name, to, from = `iep@${config.now().smtp.hostname ?? hostname()}` }) {
      const known = await find(name);
      // Connections of its own could be too many for a server that counts them.
      const way = live?.ways.get(name);
      const provider =
        way?.provider ?? openProvider(known, { clock, hostName: () => config.now().smtp.hostname, tokens });
      try {
        const { ok, detail } = await bounded((way ?? provider).check());
        // What failed before does not any more, so its pause ends too.
        if (ok) way?.hurry();
        if (to === undefined || !ok) return { ok, detail };
        return { detail, ...(await send(provider, { to, from })) };
      } finally {
        if (!way) void provider.close();
      }
    },
    async signs(name) {
      const known = (await all()).find((one) => one.name === nameNow(name));
      if (known === undefined) return false;
      const provider = openProvider(known, { clock });
      void provider.close();
      return provider.capabilities.wantsDkim;
    },
    routeOf: ({ unanswered, ...message }, tenant) =>
      routeOf({ message, tenant, routing: config.now().routing, unanswered, nameNow })?.names ?? [],
    usableBy: (tenant) => usableProviders(tenant, config.now().routing),
    listenerOf(called) {
      const provider = live?.ways.get(called)?.provider;
      const setting = provider && callbackSetting(provider.type);
      if (provider === undefined || setting === undefined) return undefined;
      const { name, formerNames, inbound } = provider;
      return { name, setting, ...(formerNames && { formerNames }), ...(inbound && { inbound }) };
    },
    isDelivering: live !== undefined,
    stateOf: (name) => live?.ways.get(name)?.state(),
  };

  function bounded(checked: Promise<Health>): Promise<Health> {
    const late = () => new IepError('unreachable', `The provider did not answer within ${TEST_WAIT_MS / 1_000} s`);
    return withDeadline(checked, { clock, limitMs: TEST_WAIT_MS, late }).catch((error: unknown) => {
      if (!(error instanceof IepError)) throw error;
      return { ok: false, detail: error.message };
    });
  }

  async function send(
    provider: Provider,
    { to, from }: { to: string; from: string },
  ): Promise<Pick<ProviderTest, 'ok' | 'sent'>> {
    const stopping = createStopping();
    const cancel = clock.after(TEST_WAIT_MS, stopping.breakOff);
    const { parcel } = testParcel({ to, from, provider: provider.name });
    try {
      const { outcomes, transcript } = await provider.send(parcel, stopping);
      const outcome = outcomes.get(0);
      if (!outcome) throw new Error(`provider ${provider.name} gave no outcome for the test message`);
      const { kind, reply } = outcome;
      const said = { outcome: kind, reply: reply.text, ...(transcript !== undefined && { transcript }) };
      return { ok: kind === 'delivered', sent: said };
    } finally {
      cancel();
    }
  }

  function testParcel(input: { to: string; from: string; provider: string }) {
    const { to, from, provider } = input;
    const rendered = {
      subject: `Test of the provider ${provider}`,
      text: `IEP sent this through its provider ${provider}, to see whether mail gets out that way.\n`,
    };
    const message: Message = {
      id: newId(),
      tenantId: '',
      createdAt: clock.now(),
      door: 'http',
      from: { email: from },
      envelopeFrom: from,
      to: [{ email: to }],
      cc: [],
      subject: rendered.subject,
      messageIdHeader: `<${randomUUID()}@${from.slice(from.lastIndexOf('@') + 1)}>`,
      content: { kind: 'parts', text: rendered.text },
      attachments: [],
      tags: [],
      lane: 'high',
      maxAttempts: 1,
    };
    const recipients = [{ position: 0, address: to, kind: 'to' as const }];
    return { parcel: parcelOf({ ...deps, message, rendered, recipients }) };
  }
}

function webhookUrlOf(name: string, { publicUrl }: Config['http']): Pick<ShownProvider, 'webhookUrl'> {
  return publicUrl === undefined ? {} : { webhookUrl: `${publicUrl.replace(/\/$/, '')}/hooks/${name}` };
}

function shownOf(type: string, settings: Readonly<Record<string, unknown>>): Record<string, Json> {
  return withSecretsHidden(settings, secretsOf(type)) as Record<string, Json>;
}

/** The settings as they would be; null takes one away. */
function merge({ settings, type }: KnownProvider, change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (change.type !== undefined && change.type !== type) {
    const message = `cannot be changed from ${type}; remove the provider and add another`;
    throw new IepError('invalid_request', `settings.type ${message}`, { errors: [{ path: 'settings.type', message }] });
  }
  const strange = Object.keys(change).find((name) => change[name] === null && !isSetting(type, name));
  if (strange !== undefined) {
    const message = `is not a setting of the type ${type}`;
    throw new IepError('invalid_request', `settings.${strange} ${message}`, {
      errors: [{ path: `settings.${strange}`, message }],
    });
  }
  return withChange({ type, ...settings }, change, secretsOf(type));
}

function usersOf(name: string, { routing }: Config, tenants: readonly Tenant[]): readonly string[] {
  const uses = (way: Config['routing']) => providersNamed(way).some(([, one]) => one === name);
  return [
    ...(uses(routing) ? ['the routing of the configuration'] : []),
    ...tenants.filter(({ settings }) => uses(settings)).map(({ slug }) => `the tenant ${slug}`),
  ];
}
