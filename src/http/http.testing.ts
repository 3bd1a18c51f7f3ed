/** For tests of this room: the real app over the real store, intake and renderer, on a real socket. */

import { join } from 'node:path';
import { openTestStore } from '../../test/store.ts';
import { createDirectory } from '../access/directory.ts';
import { createGuests } from '../access/guests.ts';
import { createKeys } from '../access/keys.ts';
import { createLoginProviders } from '../access/login-providers.ts';
import { createLoginThrottle } from '../access/login-throttle.ts';
import { createPasskeys } from '../access/passkeys.ts';
import { createPasswords } from '../access/passwords.ts';
import { createSessions } from '../access/sessions.ts';
import { createTotpCodes } from '../access/totp.ts';
import type { AppDeps } from '../api/deps.ts';
import { createOwnOrigin } from '../api/own-origin.ts';
import { createGuardedFetch, createUrlCheck } from '../base/net/guarded-fetch.ts';
import { createLog } from '../base/observe/log.ts';
import { createMetrics } from '../base/observe/metrics.ts';
import { createFilesystemBlobs } from '../blobs/filesystem.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { IepError } from '../core/errors.ts';
import { createIds } from '../core/ids.ts';
import type { LoginProviderSettings } from '../core/login-provider.ts';
import type { Job } from '../core/message.ts';
import { noTracking } from '../core/tracking.ts';
import { createVault } from '../core/vault.ts';
import type { NewHit } from '../db/verbs/hits.ts';
import type { Scope } from '../db/verbs/keys.ts';
import type { Store } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { createAudit } from '../manage/audit/audit.ts';
import { createDns } from '../manage/domains/dns.ts';
import { createDomains } from '../manage/domains/domains.ts';
import { keptTokens } from '../manage/kept-tokens.ts';
import { createLinkTokens } from '../manage/link-tokens.ts';
import { createManage, type ManageDeps } from '../manage/manage.ts';
import type { ProviderDesk } from '../manage/providers.ts';
import { createResources } from '../manage/resources/resources.ts';
import { createVendorReports } from '../manage/vendor-reports.ts';
import { createWebhookDesk } from '../manage/webhooks.ts';
import { detectType } from '../message/attachments/detect-type.ts';
import { keyPairs } from '../message/dkim/key-pairs.ts';
import { createAccept } from '../message/intake/accept.ts';
import { createKnownTemplates } from '../message/intake/known-templates.ts';
import { defaultAcceptLimits } from '../message/intake/limits.ts';
import { checkLinks } from '../message/preview/link-check.ts';
import { look } from '../message/preview/look.ts';
import { fetchPicture } from '../message/preview/pictures.ts';
import { composeMime } from '../message/render/mime.ts';
import { createRender } from '../message/render/render.ts';
import { createSnapshots } from '../message/render/snapshots.ts';
import { createTemplateEngine } from '../message/render/template-engine.ts';
import { createTrackingDesk } from '../message/tracking/tracking.ts';
import { createChannels } from '../notify/channels/post.ts';
import { createPost } from '../webhooks/post.ts';
import { type AppOptions, createApp, type ServedDeps } from './app.ts';
import { type ListenOptions, listenHttp } from './listen.ts';

export type Body = Record<string, unknown>;

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
  readonly text: string;
}

export interface TestServer {
  readonly url: string;
  readonly store: Store;
  readonly deps: AppDeps;
  readonly tenants: { readonly acme: Tenant; readonly rival: Tenant };
  /** Keys: of the tenant acme with one scope each, of the rival with all, and the operator's. */
  readonly keys: Readonly<Record<'send' | 'read' | 'admin' | 'all' | 'rival' | 'operator', string>>;
  /** Lines of the log. */
  readonly lines: Body[];
  /** Of the pixels and links of tracked mail, in order. */
  readonly visits: readonly NewHit[];
  /** Times that the outbox was told to look. */
  readonly woken: () => number;
  call(method: string, path: string, init?: CallInit): Promise<Answered>;
  /** Accepts one message of acme's and answers its id. */
  send(changes?: Body): Promise<string>;
  /** Leases what is due. */
  claim(): Promise<readonly Job[]>;
  close(): Promise<void>;
}

export interface CallInit {
  /** Name of a key above, or the text of one; none for no key. */
  readonly key?: string;
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

export const submission: Body = {
  from: { email: 'noreply@acme.example', name: 'Acme' },
  to: ['user@example.org'],
  subject: 'Hello',
  textBody: 'Hello there',
};

/** No provider, and none can be made. */
export const noProviders: ProviderDesk = {
  manifests: {
    all: async () => [],
    sealed: () => {
      throw new IepError('conflict');
    },
    requireUnused: async () => undefined,
    reload: async () => undefined,
  },
  leaseMs: 600_000,
  names: async () => [],
  signs: async () => false,
  list: async () => [],
  add: () => Promise.reject(new IepError('conflict')),
  set: () => Promise.reject(new IepError('not_found')),
  remove: () => Promise.reject(new IepError('not_found')),
  test: () => Promise.reject(new IepError('not_found')),
  routeOf: () => [],
  usableBy: () => ['dev', 'relay', 'spare'],
  listenerOf: () => undefined,
  isDelivering: false,
  stateOf: () => undefined,
};

export async function startServer(
  options: Partial<AppOptions> & {
    overrides?: Partial<ServedDeps>;
    clock?: Clock;
    graceMs?: number;
    maxConnections?: number;
    loginProviders?: readonly LoginProviderSettings[];
    listen?: Partial<ListenOptions>;
  } = {},
): Promise<TestServer> {
  const opened = await openTestStore();
  const { store } = opened;
  const clock = options.clock ?? systemClock;
  const newId = createIds(clock);
  const blobs = await createFilesystemBlobs(join(opened.directory, 'blobs'));
  const directory = createDirectory({ store, clock });
  const keys = createKeys({ store, directory, clock, newId });
  const lines: Body[] = [];
  let woken = 0;
  const metrics = createMetrics(clock);
  const vault = createVault([new Uint8Array(32)]);
  const loopback = { allowNetworks: ['127.0.0.1/32'] };
  const outside = createGuardedFetch({}, loopback);
  const post = createPost({ fetch: outside, vault, clock }, { timeoutMs: 3_000 });
  const wake = () => {
    woken += 1;
  };
  // Nothing answers there: who asks DNS in these tests brings domains of its own.
  const openDns = createDns({ clock }, { servers: ['127.0.0.1:1'] });
  const domains = createDomains(
    { store, vault, openDns, clock, newId, makeKeyPairs: async () => keyPairs(), onChange: () => directory.forget() },
    {
      spfInclude: '_spf.platform.example',
      returnPath: 'bounces.platform.example',
      selectors: ['iep1', 'iep2'],
      maxPerTenant: 100,
    },
  );
  const log = createLog({
    level: 'debug',
    showAddresses: false,
    destination: { write: (line) => lines.push(JSON.parse(line)) },
  });
  const audit = createAudit({ store, vault, clock, log });
  const linkTokens = createLinkTokens({ clock, vault, kept: keptTokens({ store, vault, clock }) });
  const visits: NewHit[] = [];
  const templateEngine = createTemplateEngine();
  const knownTemplates = createKnownTemplates({ store, clock });
  const base: Omit<AppDeps, 'manage' | 'resources'> & ManageDeps = {
    returnPaths: { reader: async () => undefined },
    store,
    audit,
    directory,
    domains,
    keys,
    sessions: createSessions({ store, clock, newId }),
    passwords: createPasswords(),
    totp: createTotpCodes({ store, vault, clock }),
    passkeys: createPasskeys({ store, vault, clock }),
    loginProviders: createLoginProviders({ clock, log }, { providers: options.loginProviders ?? [] }),
    throttle: createLoginThrottle({ clock }),
    linkTokens,
    baseUrl: () => 'https://mail.platform.example',
    isPublic: () => false,
    ownOrigin: createOwnOrigin(() => undefined),
    secondFactorRequired: () => false,
    ...createAccept(
      {
        ...{ store, blobs, clock, newId, providerNames: async () => ['dev'], metrics },
        senderOwners: directory.senderOwners,
        routing: { primary: 'dev' },
        templates: knownTemplates,
        tracking: { ...noTracking, canTrack: true },
      },
      { ...defaultAcceptLimits, isPublic: true },
    ),
    providerNames: async () => ['dev', 'relay', 'spare'],
    declaredTenants: () => new Map(),
    canTrack: () => true,
    maxSuppressions: () => 3_000,
    blobs,
    render: createRender(undefined, {
      engine: templateEngine,
      snapshotOf: createSnapshots(store.templates.kept),
    }),
    templateEngine,
    knownTemplates,
    asSent: ({ message, rendered }) => composeMime({ blobs }, { message, ...(rendered && { rendered }) }),
    clock,
    newId,
    vault,
    log,
    metrics,
    providers: noProviders,
    preview: {
      look: (_tenantId, bytes, ask) => look(bytes, ask),
      picture: (_tenantId, url, gone) => fetchPicture({ fetch: outside, typeOf: detectType }, url, gone),
      checkLinks: (_tenantId, links, gone) => checkLinks(outside, links, gone),
    },
    tracking: createTrackingDesk({ clock, reader: linkTokens.reader, recorder: { take: (hit) => visits.push(hit) } }),
    vendorReports: createVendorReports(clock),
    wake,
    tenantClosed: wake,
    wakeNotify: wake,
    hurry: async () => wake(),
    webhooks: createWebhookDesk({
      ...{ store, audit, vault, post, clock, newId, wake },
      refusalOf: createUrlCheck(loopback),
      allowNetworks: () => loopback.allowNetworks,
    }),
    channels: createChannels({ store, clock, templateEngine, fetch: outside }, { timeoutMs: 3_000 }),
    version: { version: '0.0.0-test' },
    ready: async () => ({ ok: true, checks: { store: 'ok' } }),
    ...options.overrides,
  };
  const manage = createManage(base);
  const deps: AppDeps = { ...base, manage, resources: createResources({ ...base, manage }) };
  const app = createApp(deps, { bodyLimitBytes: () => 30 * 1024 * 1024, ...options });
  const listener = await listenHttp(app, {
    ...{ host: '127.0.0.1', port: 0, graceMs: options.graceMs ?? 2_000 },
    guests: createGuests({ clock }, { max: options.maxConnections ?? 1_000 }),
    ...options.listen,
  });
  const url = `http://127.0.0.1:${listener.port}`;

  const addTenant = (slug: string) =>
    store.tenants.add({ id: newId(), slug, name: slug, settings: { anySender: true }, now: clock.now() });
  const acme = await addTenant('acme');
  const rival = await addTenant('rival');
  const issue = async (tenantId: string | undefined, scopes: Scope[]) =>
    (await keys.issue({ scopes, ...(tenantId !== undefined && { tenantId }) })).key;
  const [send, read, admin, all, rivals, operator] = await Promise.all([
    issue(acme.id, ['send']),
    issue(acme.id, ['read']),
    issue(acme.id, ['admin']),
    issue(acme.id, ['send', 'read', 'admin']),
    issue(rival.id, ['send', 'read', 'admin']),
    issue(undefined, ['operator']),
  ]);
  const keyTexts = { send, read, admin, all, rival: rivals, operator };

  const call: TestServer['call'] = async (method, path, init = {}) => {
    const key = init.key === undefined ? undefined : (keyTexts[init.key as keyof typeof keyTexts] ?? init.key);
    const body = init.json === undefined ? init.body : JSON.stringify(init.json);
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key !== undefined && { 'x-api-key': key }),
        ...(init.json !== undefined && { 'content-type': 'application/json' }),
        ...init.headers,
      },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : {}, text };
  };

  return {
    url,
    store,
    deps,
    tenants: { acme, rival },
    keys: keyTexts,
    lines,
    visits,
    woken: () => woken,
    call,
    async send(changes = {}) {
      const { status, body, text } = await call('POST', '/v1/messages', {
        key: 'all',
        json: { ...submission, ...changes },
      });
      if (status !== 202) throw new Error(text);
      return String(body.messageId);
    },
    async claim() {
      const now = clock.now();
      return (await store.outbox.claim({ owner: 'test', now, leaseMs: 60_000, limit: 1_000, skipTenants: [] })).jobs;
    },
    async close() {
      await listener.close();
      metrics.close();
      await opened.close();
    },
  };
}
