/** What the HTTP API answers, as types: the very schemas that document it. */

import type { z } from 'zod';
import type * as shapes from '../http/shapes.ts';

export type AcceptedJson = z.output<typeof shapes.acceptedShape>;
export type ContentJson = z.output<typeof shapes.contentShape>;
export type DomainJson = z.output<typeof shapes.domainShape>;
export type EventJson = z.output<typeof shapes.eventShape>;
export type ExplanationJson = z.output<typeof shapes.explanationShape>;
export type KeyJson = z.output<typeof shapes.keyShape>;
export type MessageJson = z.output<typeof shapes.messageShape>;
export type MessageRowJson = z.output<typeof shapes.rowShape>;
export type MovedJson = z.output<typeof shapes.movedShape>;
export type NewKeyJson = z.output<typeof shapes.newKeyShape>;
export type ProviderJson = z.output<typeof shapes.providerShape>;
export type ProviderTestJson = z.output<typeof shapes.providerTestShape>;
export type QueueJson = z.output<typeof shapes.queueShape>;
export type RetriedJson = z.output<typeof shapes.retriedShape>;
export type StatsJson = z.output<typeof shapes.statsShape>;
export type SuppressionJson = z.output<typeof shapes.suppressionShape>;
export type TenantJson = z.output<typeof shapes.tenantShape>;

export interface ListJson<T> {
  readonly items: readonly T[];
}

export interface PageJson<T> extends ListJson<T> {
  readonly cursor: string | null;
}
