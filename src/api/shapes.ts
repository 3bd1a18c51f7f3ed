/** The JSON that calls answer with: what /openapi.json documents, and what `views.ts` makes. One file a subject. */

export * from './shapes/audit.ts';
export * from './shapes/common.ts';
export * from './shapes/domains.ts';
export * from './shapes/events.ts';
export * from './shapes/explanation.ts';
export * from './shapes/feedback.ts';
export * from './shapes/messages.ts';
export * from './shapes/previews.ts';
export * from './shapes/providers.ts';
export * from './shapes/queue.ts';
export * from './shapes/resources.ts';
export * from './shapes/stats.ts';
export * from './shapes/suppressions.ts';
export * from './shapes/tenants.ts';
export * from './shapes/triggers.ts';
