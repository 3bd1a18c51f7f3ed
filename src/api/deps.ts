/** The parts that the calls of the API work with; the daemon, and the command line's local store, give it to `createApp`. */

import type { Readable } from 'node:stream';
import type { Directory } from '../access/directory.ts';
import type { Keys } from '../access/keys.ts';
import type { LoginProviders } from '../access/login-providers.ts';
import type { Passkeys } from '../access/passkeys.ts';
import type { Sessions } from '../access/sessions.ts';
import type { Log } from '../base/observe/log.ts';
import type { Metrics } from '../base/observe/metrics.ts';
import type { Trace } from '../base/observe/trace.ts';
import type { Blobs } from '../blobs/blobs.ts';
import type { Clock } from '../core/clock.ts';
import type { DeclaredTenant } from '../core/declared-tenant.ts';
import type { NewId } from '../core/ids.ts';
import type { Message, Rendered } from '../core/message.ts';
import type { TenantSettings } from '../core/tenant-settings.ts';
import type { Vault } from '../core/vault.ts';
import type { Store } from '../db/verbs/store.ts';
import type { Audit } from '../manage/audit/audit.ts';
import type { Finding } from '../manage/doctor/finding.ts';
import type { Domains } from '../manage/domains/domains.ts';
import type { LinkTokens } from '../manage/link-tokens.ts';
import type { Manage } from '../manage/manage.ts';
import type { ProviderDesk } from '../manage/providers.ts';
import type { Resources } from '../manage/resources/resources.ts';
import type { WebhookDesk } from '../manage/webhooks.ts';
import type { Accept } from '../message/intake/accept.ts';
import type { CheckedLink } from '../message/preview/link-check.ts';
import type { MailLink } from '../message/preview/links.ts';
import type { Picture } from '../message/preview/pictures.ts';
import type { Preview } from '../message/preview/preview.ts';
import type { Render } from '../message/render/render.ts';
import type { TrackingDesk } from '../message/tracking/tracking.ts';
import type { OwnOriginOf } from './own-origin.ts';

export interface Readiness {
  readonly ok: boolean;
  /** One of the parts each: `ok`, or a sentence that says what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Where a daemon listens, by door. */
export interface Listening {
  readonly dataDir: string;
  readonly http: { readonly host: string; readonly port: number };
  readonly smtp: { readonly host: string; readonly port: number; readonly implicitPort?: number };
  readonly local: Readonly<Partial<Record<'control' | 'submit', string>>>;
}

/** `command`: an option of `iep serve`, or made by a command. */
export const settingSources = ['default', 'file', 'environment', 'command'] as const;

export interface ShownSettings {
  /** Undefined where there is none. */
  readonly file: string | undefined;
  /** Paths of what was read again with another value, which holds after a restart. */
  readonly waiting: readonly string[];
  /** By path; secrets are hidden. */
  readonly rows: readonly {
    readonly path: string;
    readonly value: string;
    readonly source: (typeof settingSources)[number];
    readonly from?: string;
  }[];
}

export interface DoctorRun {
  readonly startedAt: number;
  /** Absent while it goes on. */
  readonly endedAt?: number;
  /** So far. */
  readonly findings: readonly Finding[];
}

/** Examines the daemon that runs, once at a time. */
export interface Doctor {
  /** Undefined where nobody has asked for one. */
  latest(): DoctorRun | undefined;
  /** Refuses with `conflict` while one goes on. */
  start(): DoctorRun;
}

/** Mail as people look at it. */
export interface PreviewDesk extends Pick<Preview, 'look'> {
  /** A picture from outside; undefined where none is there that is shown. */
  picture(tenantId: string, url: string, gone: AbortSignal): Promise<Picture | undefined>;
  checkLinks(tenantId: string, links: readonly MailLink[], gone: AbortSignal): Promise<readonly CheckedLink[]>;
}

export interface AppDeps {
  readonly store: Store;
  /** What the calls change. */
  readonly manage: Manage;
  readonly audit: Audit;
  readonly keys: Keys;
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly ownOrigin: OwnOriginOf;
  /** Of links that people open without having signed in. */
  readonly linkTokens: LinkTokens;
  readonly tracking: TrackingDesk;
  readonly passkeys: Passkeys;
  readonly loginProviders: LoginProviders;
  /** Whether who is signed in may do more than set up a second factor, without having shown one. */
  readonly secondFactorRequired: () => boolean;
  readonly domains: Domains;
  readonly accept: Accept['accept'];
  readonly acceptAll: Accept['acceptAll'];
  /** By slug, the tenants that the configuration declares. */
  readonly declaredTenants: () => ReadonlyMap<string, DeclaredTenant>;
  /** Where a whole message goes that is too large for memory, and attachments lie. */
  readonly blobs: Pick<Blobs, 'create' | 'read'>;
  /** As at send time; for what was not sent yet. */
  readonly render: Render;
  /** As a provider gets it, in the attempt that is named or in the next. */
  readonly asSent: (input: {
    readonly message: Message;
    readonly rendered?: Rendered;
    readonly tenant: TenantSettings;
    readonly attempt?: { readonly provider: string; readonly startedAt: number } | undefined;
    readonly now: number;
  }) => Promise<Uint8Array | Readable>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly vault: Vault;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly preview: PreviewDesk;
  readonly providers: ProviderDesk;
  readonly resources: Resources;
  /** Absent: nothing is traced. */
  readonly trace?: Trace | undefined;
  readonly webhooks: WebhookDesk;
  readonly version: { readonly version: string };
  readonly ready: () => Promise<Readiness>;
  /** Absent where no daemon runs, as what follows. */
  readonly settings?: () => Promise<ShownSettings>;
  readonly doctor?: Doctor;
  /** Undefined before its doors are open. */
  readonly listening?: () => Listening | undefined;
}
