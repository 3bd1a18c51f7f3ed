/** Rules: the notifications that an event makes, and the escalations that it ends. All of it is written with the event. */

import { unmet, unmetWords } from '../core/condition.ts';
import { isRecord } from '../core/is-record.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import type { Json, Submission } from '../core/message.ts';
import type { EscalationPolicySpec, NotificationTarget, RuleSpec } from '../core/notification.ts';
import { MAX_NAME_LENGTH, shown } from '../core/shown.ts';
import type { StorePart, StoreWrite } from '../db/verbs/store.ts';
import type { Tenant } from '../db/verbs/tenants.ts';
import { type Escalation, fitsType, isResolvedBy } from '../notify/escalation.ts';
import { groupValue } from '../notify/group.ts';
import type { PlannedNotification } from '../notify/notifier.ts';
import { absentTarget } from '../notify/party.ts';
import { fillTexts } from './fill-texts.ts';
import type { Notifying } from './notifying.ts';

/** What stands in the rules of a tenant, read once for some events. */
export interface Rules {
  readonly rules: readonly (RuleSpec & { readonly name: string })[];
  /** Types of events that end an escalation. */
  readonly resolving: readonly string[];
}

export interface RuledEvent {
  readonly type: string;
  /** The same with all that it says, for conditions and placeholders. */
  readonly facts: object;
  readonly data: Json | undefined;
  readonly now: number;
  readonly door: Submission['door'];
}

export interface Ruled {
  readonly planned: readonly (PlannedNotification & { readonly rule: string })[];
  readonly skipped: readonly { readonly rule: string; readonly reason: string }[];
  /** Ids of the notifications whose escalation the event ends. */
  readonly acknowledged: readonly string[];
  readonly writes: readonly StoreWrite[];
}

/** Of one rule; `skipped`: why nothing is made, or why not everybody is told. */
interface Made {
  readonly planned?: PlannedNotification;
  readonly skipped: readonly string[];
}

export interface RuleBook {
  read(tenant: Pick<Tenant, 'id'>): Promise<Rules>;
  /** The writes refuse with `decideAgain` where it has to be asked again. */
  apply(tenant: Tenant, rules: Rules, event: RuledEvent): Promise<Ruled>;
}

export interface RuleBookDeps {
  readonly store: StorePart<'definitions.list' | 'notifications.escalating'>;
  readonly notifying: Notifying;
}

/** Escalations of a tenant that one event may end. */
const MAX_ESCALATING = 1_000;

export function createRuleBook({ store, notifying }: RuleBookDeps): RuleBook {
  return {
    async read({ id: tenantId }) {
      const [rules, policies] = await Promise.all([
        store.definitions.list({ tenantId, kind: 'rule' }),
        store.definitions.list({ tenantId, kind: 'escalation_policy' }),
      ]);
      return {
        rules: rules.map(({ name, fields }) => ({ ...(fields as unknown as RuleSpec), name })),
        resolving: policies.flatMap(({ fields }) => (fields as unknown as EscalationPolicySpec).resolveOn ?? []),
      };
    },
    async apply(tenant, { rules, resolving }, event) {
      const planned: (PlannedNotification & { rule: string })[] = [];
      const skipped: { rule: string; reason: string }[] = [];
      for (const rule of rules.filter((one) => ruleMisfit(one, event) === undefined)) {
        const made = await planOf(tenant, rule, event);
        for (const reason of made.skipped) skipped.push({ rule: rule.name, reason });
        if (made.planned) planned.push({ ...made.planned, rule: rule.name });
      }
      const isResolving = resolving.some((pattern) => fitsType(pattern, event.type));
      const acknowledged = isResolving ? await endedBy(tenant, event) : [];
      const ends = acknowledged.map((id): StoreWrite => {
        const input = { tenantId: tenant.id, id, by: `the event ${event.type}`, now: event.now };
        return { verb: 'notifications.acknowledge', input };
      });
      return { planned, skipped, acknowledged, writes: [...planned.flatMap(({ writes }) => writes), ...ends] };
    },
  };

  async function planOf(
    tenant: Tenant,
    rule: RuleSpec & { readonly name: string },
    { facts, data, door }: RuledEvent,
  ): Promise<Made> {
    const type = await notifying.typeOf(tenant.id, rule.type);
    if (type === undefined) return nothing(`no notification type is called ${rule.type}`);
    const escalation = rule.escalation === undefined ? undefined : await notifying.policyOf(tenant.id, rule.escalation);
    if (rule.escalation !== undefined && escalation === undefined) {
      return nothing(`no escalation policy is called ${rule.escalation}`);
    }
    const { to, skipped } = targetsOf(escalation === undefined ? (rule.to ?? []) : [], facts);
    const steps = (escalation?.steps ?? []).map((step) => ({ step, named: targetsOf(step.to, facts) }));
    const named = [to, ...steps.map((one) => one.named.to)].flat();
    // Nothing else would say that they are told nothing.
    const asked = named.map((target) => absentTarget(notifying.people, tenant.id, target));
    const absent = (await Promise.all(asked)).filter((reason) => reason !== undefined);
    const missing = new Set([...skipped, ...steps.flatMap(({ named }) => named.skipped), ...absent]);
    if (missing.size > 0 && [to, ...steps.map(({ named }) => named.to)].every((all) => all.length === 0)) {
      return { skipped: [...missing] };
    }
    const said = isRecord(data) ? (data as { [name: string]: Json }) : {};
    const planned = await notifying.notifier.plan(tenant, {
      ...{ type, to, rule: rule.name },
      content: { data: { ...(rule.severity !== undefined && { severity: rule.severity }), ...said }, door },
      ...(escalation && {
        escalation: { ...escalation, steps: steps.map(({ step, named }) => ({ ...step, to: named.to })) },
      }),
    });
    return { planned, skipped: [...missing] };
  }

  async function endedBy(tenant: Tenant, { type, facts }: RuledEvent): Promise<readonly string[]> {
    const open = await store.notifications.escalating({ tenantId: tenant.id, limit: MAX_ESCALATING });
    const ended = open.filter(({ escalation }) => {
      const state = escalation as unknown as Escalation;
      return isResolvedBy(state, { type, group: groupValue(state.groupBy, facts) });
    });
    return ended.map(({ id }) => id);
  }
}

function nothing(reason: string): Made {
  return { skipped: [reason] };
}

/** Why a rule has nothing to do with an event; undefined where it has. */
export function ruleMisfit(
  { active, on, when }: RuleSpec,
  { type, facts }: Pick<RuledEvent, 'type' | 'facts'>,
): string | undefined {
  if (!active) return 'the rule is off';
  if (!fitsType(on, type)) return `the type is not ${on}`;
  const why = when && unmet(when, facts, 'when');
  return why && unmetWords(why, facts);
}

/** With what the placeholders name; a list is each of its texts. What names nobody keeps nobody else from being told. */
function targetsOf(targets: readonly NotificationTarget[], facts: object) {
  const to: NotificationTarget[] = [];
  const skipped: string[] = [];
  for (const target of targets) {
    const [[kind = '', template = ''] = []] = Object.entries(target) as [string, string][];
    const texts = fillTexts([template], facts);
    if ('reason' in texts) skipped.push(texts.reason);
    for (const text of 'reason' in texts ? [] : texts.texts) {
      const name = kind === 'email' ? readMailbox(text)?.email : text;
      if (name === undefined) skipped.push(`${shown(text, MAX_NAME_LENGTH)} is not an address`);
      else to.push({ [kind]: name } as unknown as NotificationTarget);
    }
  }
  return { to, skipped };
}
