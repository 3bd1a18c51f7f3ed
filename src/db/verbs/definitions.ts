/** What a tenant defines under names of its own: topics, channels, notification types, rules, escalation policies. */

import type { Json } from '../../core/message.ts';

export const definitionKinds = ['topic', 'channel', 'notification_type', 'rule', 'escalation_policy'] as const;
export type DefinitionKindName = (typeof definitionKinds)[number];

/** One by its name. */
export interface DefinitionName {
  readonly tenantId: string;
  readonly kind: DefinitionKindName;
  readonly name: string;
}

/** The fields as they are shown; of those that are secret, a mask. */
export type DefinitionFields = { readonly [field: string]: Json };

export interface Definition extends DefinitionName {
  /** Ours: what the secret fields are sealed for is `definition:<id>`. */
  readonly id: string;
  readonly fields: DefinitionFields;
  /** The secret fields, as JSON that the vault sealed. */
  readonly sealed?: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface DefinitionVerbs {
  /** By name. */
  list(input: Omit<DefinitionName, 'name'>): Promise<readonly Definition[]>;
  get(input: DefinitionName): Promise<Definition | undefined>;
  /** Refuses with `conflict` where the tenant has one of that name, or `max` of the kind. */
  add(input: Omit<Definition, 'createdAt' | 'updatedAt'> & { max: number; now: number }): Promise<Definition>;
  /** In place of the one of that name, whose id stays. Refuses with `not_found`. */
  set(input: Omit<Definition, 'id' | 'createdAt' | 'updatedAt'> & { now: number }): Promise<Definition>;
  remove(input: DefinitionName): Promise<boolean>;
}
