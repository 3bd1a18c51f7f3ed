/** What calls answer about the queue, and about the daemon that works on it. */

import * as z from 'zod';
import { lanes } from '../../core/message.ts';
import { time } from './common.ts';

const address = z.strictObject({ host: z.string(), port: z.int() });

export const daemonShape = z.strictObject({
  version: z.string(),
  dataDir: z.string(),
  http: address,
  smtp: address.extend({ implicitPort: z.int().optional() }),
  local: z.strictObject({ control: z.string().optional(), submit: z.string().optional() }),
});

/** A tenant that was paused by name stays paused when the whole queue is resumed, and the other way round. */
export const pausedShape = z.strictObject({
  paused: z.boolean().describe('What was asked for'),
  tenant: z.string().nullable(),
  allPaused: z.boolean().describe('Whether the whole queue is paused now'),
  pausedTenants: z.array(z.string()).describe('Slugs of the tenants that are paused by name now'),
});

export const queueShape = z.strictObject({
  paused: z.boolean().describe('The whole queue is paused'),
  items: z.array(
    z.strictObject({
      tenant: z.string(),
      tenantId: z.string(),
      lane: z.enum(lanes),
      waiting: z.int(),
      due: z.int(),
      leased: z.int(),
      scheduled: z.int(),
      oldestAt: time,
      nextDueAt: time,
      paused: z.boolean(),
      active: z.boolean(),
    }),
  ),
});
