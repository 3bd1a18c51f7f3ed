/** The tables as drizzle sees them, for queries that are put together at run time. `migrations/` is what makes them. */

import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

export const tenants = sqliteTable('tenants', {
  no: integer().primaryKey(),
  id: text().notNull(),
  slug: text().notNull(),
});

export const messages = sqliteTable('messages', {
  seq: integer().primaryKey(),
  id: text().notNull(),
  tenantNo: integer('tenant_no').notNull(),
  status: text().notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  door: text().notNull(),
  fromEmail: text('from_email').notNull(),
  fromName: text('from_name'),
  envelopeFrom: text('envelope_from').notNull(),
  to: text().notNull(),
  cc: text(),
  replyTo: text('reply_to'),
  subject: text().notNull(),
  messageIdHeader: text('message_id_header').notNull(),
  priority: integer().notNull(),
  category: text(),
  tags: text(),
  metadata: text(),
  groupId: text('group_id'),
  wantedProvider: text('wanted_provider'),
  provider: text(),
  attempts: integer().notNull(),
  maxAttempts: integer('max_attempts').notNull(),
  dead: integer().notNull(),
  lastError: text('last_error'),
  scheduledAt: integer('scheduled_at'),
  sentAt: integer('sent_at'),
  idempotencyKey: text('idempotency_key'),
  idempotencyHash: text('idempotency_hash'),
});

export const recipients = sqliteTable('recipients', {
  messageSeq: integer('message_seq').notNull(),
  position: integer().notNull(),
  address: text().notNull(),
  kind: text().notNull(),
  status: text().notNull(),
  reply: text(),
  updatedAt: integer('updated_at').notNull(),
});

export const outbox = sqliteTable('outbox', {
  messageSeq: integer('message_seq').primaryKey(),
  tenantNo: integer('tenant_no').notNull(),
  lane: integer().notNull(),
  dueAt: integer('due_at').notNull(),
  scheduled: integer().notNull(),
  leaseOwner: text('lease_owner'),
});
