/**
 * The store's verbs. Each returns a promise and is exactly one transaction; none hands a transaction out.
 * A verb that belongs to a tenant takes the tenant's id and touches no other tenant's rows.
 * A promise of a writing verb resolves only after the commit is on disk (fsync).
 * Any verb rejects with the refusal `store_unavailable` when the disk is full, the database is locked or broken;
 * then nothing of it was written. The same where its `signal` aborts before it has begun, or while it reads.
 */

import type { AuditVerbs } from './audit.ts';
import type { ChoreVerbs } from './chores.ts';
import type { ContentVerbs } from './content.ts';
import type { DefinitionVerbs } from './definitions.ts';
import type { DomainVerbs } from './domains.ts';
import type { EventVerbs } from './events.ts';
import type { FactorVerbs } from './factors.ts';
import type { FeedbackVerbs } from './feedback.ts';
import type { GroupVerbs } from './groups.ts';
import type { HitVerbs } from './hits.ts';
import type { InboxVerbs } from './inbox.ts';
import type { KeyVerbs } from './keys.ts';
import type { MessageVerbs } from './messages.ts';
import type { NotificationVerbs } from './notifications.ts';
import type { OutboxVerbs } from './outbox.ts';
import type { PeopleVerbs } from './people.ts';
import type { PreferenceVerbs } from './preferences.ts';
import type { ProviderVerbs } from './providers.ts';
import type { PublicationVerbs } from './publications.ts';
import type { ResourceVerbs } from './resources.ts';
import type { SealVerbs } from './seals.ts';
import type { SubscriberVerbs } from './subscribers.ts';
import type { SuppressionVerbs } from './suppressions.ts';
import type { TallyVerbs } from './tallies.ts';
import type { TemplateVerbs } from './templates.ts';
import type { TenantVerbs } from './tenants.ts';
import type { TriggerVerbs } from './triggers.ts';
import type { UnsubscribeVerbs } from './unsubscribes.ts';
import type { WebhookVerbs } from './webhooks.ts';

/** A slice is an object, so that each of its verbs has a name that needs no noun. */
export interface Store {
  readonly audit: AuditVerbs;
  readonly chores: ChoreVerbs;
  readonly content: ContentVerbs;
  readonly definitions: DefinitionVerbs;
  readonly domains: DomainVerbs;
  readonly events: EventVerbs;
  readonly factors: FactorVerbs;
  readonly feedback: FeedbackVerbs;
  readonly groups: GroupVerbs;
  readonly hits: HitVerbs;
  readonly inbox: InboxVerbs;
  readonly keys: KeyVerbs;
  readonly messages: MessageVerbs;
  readonly notifications: NotificationVerbs;
  readonly outbox: OutboxVerbs;
  readonly people: PeopleVerbs;
  readonly preferences: PreferenceVerbs;
  readonly providers: ProviderVerbs;
  readonly publications: PublicationVerbs;
  readonly resources: ResourceVerbs;
  readonly seals: SealVerbs;
  readonly subscribers: SubscriberVerbs;
  readonly suppressions: SuppressionVerbs;
  readonly tallies: TallyVerbs;
  readonly templates: TemplateVerbs;
  readonly tenants: TenantVerbs;
  readonly triggers: TriggerVerbs;
  readonly unsubscribes: UnsubscribeVerbs;
  readonly webhooks: WebhookVerbs;
  /**
   * Runs calls of writing verbs in order, all in one transaction: where one is refused none is done, and the refusal is that
   * one's. Answers what each of them does. `outbox.accept` answers without what its caller knows; it never leases.
   */
  together(calls: readonly StoreWrite[], signal?: AbortSignal): Promise<readonly unknown[]>;
  /** A round trip through the writer, for readiness. */
  ping(): Promise<void>;
  /**
   * Calls `fn` soon (within 100 ms) after any commit of another process, and at once after commits of this one that
   * leave work or events. Several commits may be told as one. The returned function ends it.
   */
  onChange(fn: (change: { readonly own: boolean }) => void): () => void;
  /** Finishes what was asked to be written, then closes; reads that are under way are refused. */
  close(): Promise<void>;
}

type Own = 'together' | 'ping' | 'onChange' | 'close';
export type SliceName = Exclude<keyof Store, Own>;
type PathsOf<S extends SliceName> = `${S}.${keyof Store[S] & string}`;
/** A verb by its path, such as `outbox.claim`; what belongs to no slice by its name. */
export type StorePath = { [S in SliceName]: PathsOf<S> }[SliceName] | Own;

/** The verbs that can be a part of a larger change. */
type WritePath = Extract<StorePath, `${string}.${'add' | 'set' | 'put' | 'remove' | 'revoke' | 'publish' | 'forget'}`>;
type MethodAt<P extends StorePath> = P extends `${infer S extends SliceName}.${infer V}`
  ? Store[S][V & keyof Store[S]]
  : never;
type InputAt<P extends StorePath> = MethodAt<P> extends (input: infer I, ...more: never[]) => unknown ? I : never;
/** A call of a writing verb, as data. */
export type StoreWrite = {
  readonly [P in WritePath | OtherWrite]: { readonly verb: P; readonly input: InputAt<P> };
}[WritePath | OtherWrite];
type OtherWrite =
  | 'outbox.accept'
  | 'triggers.keepEvent'
  | 'feedback.record'
  | 'notifications.settle'
  | 'notifications.acknowledge';

type HeadOf<P extends StorePath> = P extends `${infer S extends SliceName}.${string}` ? S : P & Own;
type VerbsOf<S extends SliceName, P extends StorePath> = P extends `${S}.${infer V}` ? V & keyof Store[S] : never;
/** The store with these verbs alone: for what needs no more of it. */
export type StorePart<P extends StorePath> = {
  readonly [H in HeadOf<P>]: H extends SliceName ? Pick<Store[H], VerbsOf<H, P>> : Store[H];
};

/** What the store tells the metrics. */
export interface StoreObserver {
  /** One commit: operations in it, and its duration in ms, fsync included. */
  committed(operations: number, durationMs: number): void;
  /** The database was found to be damaged. Told once; from then on nothing is accepted and nothing is claimed. */
  damaged?(refusal: unknown): void;
}
