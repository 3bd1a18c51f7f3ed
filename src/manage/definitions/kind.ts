/** What a kind of definition says of itself: calls, commands and manifests of all of them are made from it. */

import type * as z from 'zod';
import type { DefinitionKindName } from '../../db/verbs/definitions.ts';

export interface DefinitionKind<Spec extends object = object> {
  readonly kind: DefinitionKindName;
  /** In sentences: `notification type`. */
  readonly noun: string;
  /** How actions begin in the audit log: `notification-type` makes `notification-type.add`. */
  readonly action: string;
  /** Of its calls. */
  readonly path: string;
  readonly summaries: Readonly<Record<'list' | 'add' | 'get' | 'set' | 'remove', string>>;
  /** As manifests name it. */
  readonly resource: { readonly kind: string; readonly plural: string; readonly summary: string };
  /** Of one tenant. */
  readonly max: number;
  /** The fields besides the name. */
  readonly fields: z.ZodRawShape;
  /** All of them, with what must hold between them. */
  readonly spec: z.ZodType<Spec>;
  /** Fields that the vault seals. They are texts. */
  readonly secrets: readonly string[];
  /** Fields that are made where they are left out, and shown that once. */
  made?(spec: Spec): Readonly<Record<string, string>>;
}
