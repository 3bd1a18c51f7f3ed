/** Sender domains: added with keys that sign at once, checked against DNS, their keys changed without a gap. */

import type { Clock } from '../../core/clock.ts';
import { IepError } from '../../core/errors.ts';
import type { NewId } from '../../core/ids.ts';
import { createLimiter } from '../../core/limiter.ts';
import type { Vault } from '../../core/vault.ts';
import type { AddedBy, DkimKey, DomainCheck, RecordCheck, SenderDomain } from '../../db/verbs/domains.ts';
import type { Store } from '../../db/verbs/store.ts';
import type { MakeKeyPairs } from '../../message/dkim/key-pairs.ts';
import { makeDkimKeys } from '../../message/dkim/make-keys.ts';
import type { OpenDns } from './dns.ts';
import { lookAt } from './look.ts';
import { type DnsRecord, type DomainNames, missingNames, recordsOf } from './records.ts';

/** A domain as its owner sees it. */
export interface DomainReport extends SenderDomain {
  readonly records: readonly DnsRecord[];
  /** What a person should do, one sentence each. */
  readonly notes: readonly string[];
}

export interface DomainRef {
  readonly tenantId: string;
  readonly domain: string;
}

export interface DkimRotation {
  /** The keys that are, or were made to be, the next ones sign from now on, whatever DNS says. */
  readonly activate: boolean;
  /** Takes the place of keys that were retired only lately. */
  readonly force: boolean;
}

export interface NewDomain extends DomainRef {
  readonly by: AddedBy;
  readonly shared: boolean;
}

export interface Domains {
  /** Refuses with `conflict` where the tenant has it already, or where it is another's, or where it has as many as it may have. Only the operator shares one. */
  add(domain: NewDomain): Promise<DomainReport>;
  /** What the store takes of it, with keys that were made, for who stores it; `changed` is told then. */
  draw(domain: NewDomain): Promise<Parameters<Store['domains']['add']>[0]>;
  /** Others must know that domains or keys are not as they were. */
  changed(): void;
  list(tenantId: string): Promise<readonly DomainReport[]>;
  /** Refuses with `not_found`, as all that follow. */
  report(ref: DomainRef): Promise<DomainReport>;
  /** Looks at DNS, and remembers what was found. Keys that wait for their record sign from then on. */
  verify(ref: DomainRef): Promise<DomainReport & { readonly check: DomainCheck }>;
  history(ref: DomainRef, limit: number): Promise<readonly DomainCheck[]>;
  /** Makes the next keys, to sign once their record is seen. */
  rotate(ref: DomainRef, rotation: DkimRotation): Promise<DomainReport>;
  /** Refuses with `forbidden` where the operator added it and a tenant wants it gone. */
  remove(domain: DomainRef & { readonly by: AddedBy }): Promise<void>;
  /** Looks again at the domains that were not looked at for long. For a chore; answers how many, and how many changed. */
  verifyDue(): Promise<{ readonly checked: number; readonly changed: number }>;
}

export interface DomainsDeps {
  readonly store: Pick<Store, 'domains'>;
  readonly vault: Vault;
  readonly openDns: OpenDns;
  readonly makeKeyPairs: MakeKeyPairs;
  readonly clock: Pick<Clock, 'now'>;
  readonly newId: NewId;
  /** Keys, or whether a domain is verified, are not as they were. */
  readonly onChange: () => void;
}

export interface DomainsOptions extends DomainNames {
  /** Names of the slots that keys take in turn. */
  readonly selectors: readonly string[];
  /** Sender domains of one tenant. */
  readonly maxPerTenant: number;
}

const DAY_MS = 86_400_000;
/** Mail that was signed with a key may be under way this long: queues give up after five days (RFC 5321 §4.5.4.1). */
const RETIRED_MS = 7 * DAY_MS;
const VERIFIED_AGAIN_MS = DAY_MS;
const UNVERIFIED_AGAIN_MS = 3_600_000;
const DUE_AT_ONCE = 50;
/** Looks at DNS under way that were asked for. */
const MAX_LOOKS = { atOnce: 100, ofOne: 10 };

export function createDomains(deps: DomainsDeps, options: DomainsOptions): Domains {
  const { store, openDns, clock, newId, onChange } = deps;
  const looks = createLimiter(MAX_LOOKS);
  // One at a time, tenants in turn: a key pair takes a whole processor.
  const keyMaking = createLimiter({
    atOnce: 1,
    waiting: { atOnce: 100, ofOne: 10 },
    tooMany: () => new IepError('rate_limited', 'Too many DKIM keys are being made at once', { retryAfterMs: 1_000 }),
  });
  const makeKeys = (options: Parameters<typeof makeDkimKeys>[1]) => makeDkimKeys(deps, options);

  async function find(ref: DomainRef): Promise<SenderDomain> {
    const domain = await store.domains.get(ref);
    if (domain === undefined) throw new IepError('not_found', 'That is not a sender domain of this tenant');
    return domain;
  }

  const reportOf = (domain: SenderDomain): DomainReport => ({
    ...domain,
    records: recordsOf(domain, options),
    notes: [...holdingNotes(domain), ...keyNotes(domain), ...missingNames(options)],
  });
  const report = async (ref: DomainRef) => reportOf(await find(ref));

  async function verify(ref: DomainRef): Promise<DomainReport & { readonly check: DomainCheck }> {
    const before = await find(ref);
    const dns = openDns();
    let looked: readonly RecordCheck[];
    try {
      looked = await lookAt({ dns, domain: before, names: options });
    } finally {
      dns.close();
    }
    const activate = slotToActivate(before.keys, looked);
    const results = activate === undefined ? looked : looked.map(asOnceActive(before.keys, activate));
    const check: DomainCheck = { at: clock.now(), verified: isVerified(before, results), results };
    const isThere = await store.domains.recordCheck({ ...ref, check, ...(activate !== undefined && { activate }) });
    if (!isThere) throw new IepError('not_found', 'The domain was removed meanwhile');
    onChange();
    return { ...(await report(ref)), check };
  }

  async function checkRoom(tenantId: string): Promise<void> {
    const { maxPerTenant } = options;
    if ((await store.domains.list({ tenantId })).length < maxPerTenant) return;
    throw new IepError(
      'conflict',
      `A tenant has at most ${maxPerTenant} sender domains: remove one, or have the operator raise \`domains.maxPerTenant\`.`,
    );
  }

  /** The first slot that is free, else the one that was retired first. */
  function freeSlot(keys: readonly DkimKey[], force: boolean): string {
    const used = new Set(keys.filter(({ state }) => state !== 'retired').map(({ slot }) => slot));
    const free = options.selectors.filter((slot) => !used.has(slot));
    const untouched = free.find((slot) => !keys.some((key) => key.slot === slot));
    if (untouched !== undefined) return untouched;
    const retiredAt = (slot: string) => keys.find((key) => key.slot === slot)?.retiredAt ?? 0;
    const [slot] = free.toSorted((a, b) => retiredAt(a) - retiredAt(b));
    if (slot === undefined) throw new Error('every slot signs or waits: there are fewer than two selectors');
    const freeAt = retiredAt(slot) + RETIRED_MS;
    if (freeAt > clock.now() && !force) {
      throw new IepError(
        'conflict',
        `The keys of ${slot} signed until lately, and mail that has their signature may be under way until ` +
          `${new Date(freeAt).toISOString()}: rotate then, or with \`force\`.`,
      );
    }
    return slot;
  }

  async function draw(domain: NewDomain) {
    await checkRoom(domain.tenantId);
    const now = clock.now();
    const [slot = 'iep1'] = options.selectors;
    return { ...domain, id: newId(), now, keys: await makeKeys({ slot, state: 'active', now }) };
  }

  return {
    draw: (domain) => keyMaking.pass(domain.tenantId, () => draw(domain)),
    changed: onChange,
    async add({ tenantId, domain, by, shared }) {
      await keyMaking.pass(tenantId, async () => store.domains.add(await draw({ tenantId, domain, by, shared })));
      onChange();
      return report({ tenantId, domain });
    },
    list: async (tenantId) => (await store.domains.list({ tenantId })).map(reportOf),
    report,
    async verify(ref) {
      const leave = looks.take(ref.tenantId);
      if (leave === undefined) {
        throw new IepError('rate_limited', 'Too many domains are being verified at once', { retryAfterMs: 5_000 });
      }
      try {
        return await verify(ref);
      } finally {
        leave();
      }
    },
    history: (ref, limit) => store.domains.checks({ ...ref, limit }),

    async rotate(ref, { activate, force }) {
      const { keys } = await find(ref);
      const now = clock.now();
      const waiting = keys.find(({ state }) => state === 'next');
      if (waiting !== undefined && !activate) {
        throw new IepError(
          'conflict',
          `The keys of ${waiting.slot} are made already and wait for their record: publish it and verify the domain.`,
        );
      }
      const slot = waiting?.slot ?? freeSlot(keys, force);
      if (waiting === undefined) {
        // Where nothing signs yet there is nothing to wait for.
        const state = keys.some((key) => key.state === 'active') ? 'next' : 'active';
        await keyMaking.pass(ref.tenantId, async () => {
          await store.domains.addKeys({ ...ref, keys: await makeKeys({ slot, state, now }) });
        });
      }
      if (activate) await store.domains.activateKeys({ ...ref, slot, now });
      onChange();
      return report(ref);
    },

    async remove({ by, ...ref }) {
      const { domain, addedBy } = await find(ref);
      const isRemoved = await store.domains.remove({ ...ref, by });
      if (!isRemoved && by === 'tenant' && addedBy === 'operator') {
        throw new IepError('forbidden', `The operator added ${domain}, and only the operator removes it`);
      }
      if (!isRemoved) throw new IepError('not_found', 'That is not a sender domain of this tenant');
      onChange();
    },

    async verifyDue() {
      const now = clock.now();
      const due = await store.domains.due({
        verifiedBefore: now - VERIFIED_AGAIN_MS,
        unverifiedBefore: now - UNVERIFIED_AGAIN_MS,
        limit: DUE_AT_ONCE,
      });
      let changed = 0;
      for (const ref of due) {
        const before = await store.domains.get(ref);
        if (before === undefined) continue;
        const after = await verify(ref).catch(unlessGone);
        if (after !== undefined && after.verified !== before.verified) changed += 1;
      }
      return { checked: due.length, changed };
    },
  };
}

/** As before where DNS could not be asked for one of the records that count; else all of them must be right. */
function isVerified({ verified, keys }: SenderDomain, results: readonly RecordCheck[]): boolean {
  const required = results.filter((result) => result.required);
  if (required.some(({ status }) => status === 'missing' || status === 'wrong')) return false;
  if (required.some(({ status }) => status === 'dns_failure')) return verified;
  return keys.some(({ state }) => state === 'active');
}

/** Keys that wait sign as soon as the record of the one that every verifier knows is seen. */
function slotToActivate(keys: readonly DkimKey[], results: readonly RecordCheck[]): string | undefined {
  const seen = new Set(results.filter(({ status }) => status === 'ok').map(({ keyId }) => keyId));
  return keys.find(({ id, state, algorithm }) => state === 'next' && algorithm === 'rsa-sha256' && seen.has(id))?.slot;
}

/** What counts is the keys that sign from now on, not those that did. */
function asOnceActive(keys: readonly DkimKey[], slot: string): (result: RecordCheck) => RecordCheck {
  const needed = keys.find((key) => key.slot === slot && key.algorithm === 'rsa-sha256');
  return (result) => (result.keyId === undefined ? result : { ...result, required: result.keyId === needed?.id });
}

/** The command as an operator of several tenants has to type it. */
function commandOf(verb: 'verify' | 'rotate', { domain, tenantSlug }: SenderDomain): string {
  return `\`iep domain ${verb} ${domain} --tenant ${tenantSlug}\``;
}

function holdingNotes(it: SenderDomain): string[] {
  const { domain, held, verified } = it;
  if (held) return [];
  if (verified) {
    return [`The records are right, but ${domain} belongs to another tenant of this platform: ask the operator.`];
  }
  return [
    `The tenant may send from ${domain} once it is verified: publish the records, then ${commandOf('verify', it)}.`,
  ];
}

function keyNotes(it: SenderDomain): string[] {
  const { keys } = it;
  const next = keys.find(({ state }) => state === 'next');
  return [
    ...(keys.some(({ state }) => state === 'active')
      ? []
      : [`It has no DKIM key, so its mail is not signed: ${commandOf('rotate', it)} makes one.`]),
    ...(next === undefined
      ? []
      : [`The keys of ${next.slot} wait: publish their records, then ${commandOf('verify', it)}.`]),
  ];
}

function unlessGone(error: unknown): undefined {
  if (error instanceof IepError && error.code === 'not_found') return undefined;
  throw error;
}
