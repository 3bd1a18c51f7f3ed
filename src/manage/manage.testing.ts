/** For tests of this room: what people change, over the real store, with two tenants and what the audit log has of it. */

import { openTestStore } from '../../test/store.ts';
import { createDirectory } from '../access/directory.ts';
import { createKeys, type Keys } from '../access/keys.ts';
import { createLoginProviders } from '../access/login-providers.ts';
import { createLoginThrottle } from '../access/login-throttle.ts';
import { createPasskeys } from '../access/passkeys.ts';
import { createPasswords } from '../access/passwords.ts';
import { createSessions } from '../access/sessions.ts';
import { createTotpCodes } from '../access/totp.ts';
import { type Clock, systemClock as clock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { createIds, type NewId } from '../core/ids.ts';
import { createVault, type Vault } from '../core/vault.ts';
import type { Store } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { keyPairs } from '../message/dkim/key-pairs.ts';
import { createAudit } from './audit/audit.ts';
import type { Caller } from './audit/caller.ts';
import { createDns } from './domains/dns.ts';
import { createDomains } from './domains/domains.ts';
import { keptTokens } from './kept-tokens.ts';
import { createLinkTokens } from './link-tokens.ts';
import { createManage, type Manage, type ManageDeps } from './manage.ts';
import { createReturnPaths, type ReturnPaths } from './return-path.ts';
import { createVendorReports } from './vendor-reports.ts';

export interface TestManage {
  readonly manage: Manage;
  readonly store: Store;
  readonly newId: NewId;
  readonly deps: ManageDeps & {
    readonly returnPaths: ReturnPaths;
    readonly keys: Keys;
    readonly store: Store;
    readonly clock: Clock;
    readonly vault: Vault;
  };
  readonly tenants: { readonly acme: Tenant; readonly rival: Tenant };
  /** What was told to other parts, in order: `wake`, `hurry`… */
  readonly told: string[];
  /** The audit log, oldest first, as `action outcome tenant target`. */
  entries(): Promise<string[]>;
  close(): Promise<void>;
}

/** The operator, in a call of its own. */
export function operator(asked: Caller['asked'] = {}): Caller {
  return { actor: { kind: 'operator', id: 'key-1' }, source: '192.0.2.1', requestId: 'request-1', asked };
}

const nowhere = () => Promise.reject(new IepError('not_found'));

/** A key of the tenant, in a call of its own. */
export function keyOf(tenant: Tenant): Caller {
  return { ...operator(), actor: { kind: 'tenant', id: `key of ${tenant.slug}` } };
}

export async function openManage(
  overrides: Partial<Pick<ManageDeps, 'declaredTenants' | 'maxSuppressions' | 'providers'>> = {},
): Promise<TestManage> {
  const { store, close } = await openTestStore();
  const newId = createIds(clock);
  const vault = createVault([new Uint8Array(32)]);
  const told: string[] = [];
  const add = (slug: string) => store.tenants.add({ id: newId(), slug, name: slug, settings: {}, now: clock.now() });
  const tenants = { acme: await add('acme'), rival: await add('rival') };
  const directory = createDirectory({ store, clock });
  const deps: TestManage['deps'] = {
    vault,
    store,
    directory,
    keys: createKeys({ store, directory, clock, newId }),
    sessions: createSessions({ store, clock, newId }),
    passwords: createPasswords(),
    totp: createTotpCodes({ store, vault, clock }),
    loginProviders: createLoginProviders({ clock }, { providers: [] }),
    passkeys: createPasskeys({ store, vault, clock }),
    throttle: createLoginThrottle({ clock }),
    linkTokens: createLinkTokens({ clock, vault, kept: keptTokens({ store, vault, clock }) }),
    isPublic: () => false,
    baseUrl: () => 'https://mail.platform.example',
    domains: createDomains(
      {
        ...{ store, vault, clock, newId, makeKeyPairs: async () => keyPairs(), onChange: directory.forget },
        openDns: createDns({ clock }, { servers: ['127.0.0.1:1'] }),
      },
      { selectors: ['iep1', 'iep2'], maxPerTenant: 10 },
    ),
    providers: {
      add: nowhere,
      set: nowhere,
      remove: nowhere,
      test: nowhere,
      list: nowhere,
      usableBy: () => [],
      listenerOf: () => undefined,
    },
    // Templates are tried at their calls.
    knownTemplates: { forget: nowhere },
    templateEngine: { check: nowhere, render: nowhere, preview: nowhere },
    vendorReports: createVendorReports(clock),
    log: { info: () => undefined, warn: (_, text) => void told.push(text), error: () => undefined },
    audit: createAudit({ store, vault, clock }),
    clock,
    newId,
    // Channels are tried at their calls.
    webhooks: { refusalOf: () => undefined, allowNetworks: () => [] },
    channels: { post: nowhere },
    // The inbox is tried at its calls, over a real intake.
    accept: nowhere,
    draw: nowhere,
    checkFiles: nowhere,
    write: (tenant) => ({ verb: 'outbox.accept', input: { tenantId: tenant.id, messages: [] } }),
    taken: () => undefined,
    blobs: { create: nowhere, read: nowhere },
    render: nowhere,
    returnPaths: createReturnPaths(
      { clock, vault, directory, kept: keptTokens({ store, vault, clock }) },
      { domain: 'bounces.example.com' },
    ),
    metrics: {
      messageStatus: ({ status }) => void told.push(`counted ${status}`),
      callerEvent: (outcome) => void told.push(`event ${outcome}`),
      feedbackEvent: ({ provider, kind }) => void told.push(`${kind} by ${provider || 'nobody'}`),
      callbackRefused: ({ reason }) => void told.push(`callback refused: ${reason}`),
      feedbackUnmatched: () => void told.push('unmatched'),
      notified: ({ channel, status }) => void told.push(`${channel} ${status}`),
    },
    providerNames: async () => ['relay', 'spare'],
    maxSuppressions: () => 1_000,
    declaredTenants: () => new Map(),
    canTrack: () => true,
    wakeNotify: () => void told.push('wakeNotify'),
    tenantClosed: () => void told.push('tenantClosed'),
    wake: () => void told.push('wake'),
    hurry: async () => void told.push('hurry'),
    ...overrides,
  };
  return {
    ...{ manage: createManage(deps), store, newId, deps, tenants, told },
    async entries() {
      const { items } = await store.audit.list({ filter: {}, limit: 100 });
      return items
        .toReversed()
        .map(({ action, outcome, tenant = '-', target = '-' }) => `${action} ${outcome} ${tenant} ${target}`);
    },
    close,
  };
}
