/** What calls answer about providers. */

import * as z from 'zod';
import { textOrNull, time, timeOrNull } from './common.ts';

const breakerShape = z.strictObject({
  state: z.enum(['closed', 'open', 'half_open']),
  openSince: timeOrNull,
  retryAt: timeOrNull.describe('While it is open: when the provider is tried again'),
  account: z.boolean().describe('It is open because the provider refuses our account; `health` says what to do'),
  attempts: z.int().nullable().describe('While it is closed: attempts that ended within the window'),
  failures: z.int().nullable(),
});

export const providerShape = z.strictObject({
  name: z.string(),
  type: z.string(),
  source: z.enum(['config', 'store']).describe('What stands in the configuration is changed there'),
  settings: z.record(z.string(), z.unknown()).describe('`set` stands for a secret'),
  where: textOrNull.describe('The server that its mail goes to'),
  problem: textOrNull.describe('Why the settings cannot be used'),
  capabilities: z
    .strictObject({
      raw: z.boolean().describe('A whole message leaves byte for byte'),
      attachments: z.boolean(),
      idempotency: z.boolean().describe('It knows a message again that it is given twice with one key'),
      events: z.boolean().describe('It tells what became of the mail'),
      maxRecipients: z.int().nullable().describe('Of one request or transaction; a message with more goes in several'),
      maxBytes: z.int().nullable(),
    })
    .nullable()
    .describe('Null where the settings cannot be used'),
  callbacks: z
    .strictObject({
      ready: z.boolean().describe('Callbacks of its vendor can be proved'),
      setting: z.string().describe('What proves them'),
      takenAt: timeOrNull.describe('When one was last taken, since the daemon started'),
      refused: z
        .strictObject({ at: time, reason: z.string(), detail: z.string() })
        .nullable()
        .describe('The last one that was refused, since the daemon started'),
      queue: z
        .strictObject({ where: z.string(), problem: textOrNull.describe('Why it cannot be read now') })
        .nullable()
        .describe('The queue that events are read from'),
    })
    .nullable()
    .describe('How what its vendor tells gets in; null where it tells nothing, or no daemon answers'),
  webhookUrl: textOrNull.describe(
    'Where its vendor posts to; null where it posts nothing, or `http.publicUrl` is not set',
  ),
  createdAt: timeOrNull,
  updatedAt: timeOrNull,
  state: z
    .strictObject({
      paused: z.boolean().describe('The operator gives it nothing for now'),
      breaker: breakerShape,
      throttledUntil: timeOrNull,
      turnedAway: z.boolean().describe('Throttled because it said 421'),
      inFlight: z.int(),
      waiting: z.int(),
      limit: z.int().describe('Messages it may have at once now'),
      concurrency: z.int(),
      maxPerSecond: z.number().nullable(),
      health: z.strictObject({ ok: z.boolean(), detail: z.string(), checkedAt: time }).nullable(),
    })
    .nullable()
    .describe('Null where no daemon answers'),
});

export const providerTestShape = z.strictObject({
  ok: z.boolean(),
  detail: z.string(),
  sent: z
    .strictObject({ outcome: z.string(), reply: z.string(), transcript: z.string().optional() })
    .nullable()
    .describe('What came of the message, where one was asked for'),
});
