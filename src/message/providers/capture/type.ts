/** The provider type `capture`, for development and rehearsals. */

import * as z from 'zod';
import { commonSettings, type ProviderType } from '../type.ts';
import { chaosRule } from './chaos.ts';
import { createCaptureProvider } from './send.ts';

const settings = z.strictObject({
  type: z.literal('capture'),
  /** Fails on purpose. */
  chaos: z.array(chaosRule).max(100).optional(),
  ...commonSettings,
});

export const capture: ProviderType<typeof settings> = {
  type: 'capture',
  settings,
  secrets: [],
  flags: {},
  target: ({ chaos = [] }) => (chaos.length === 0 ? '' : 'chaos'),
  capabilities: () => ({ takes: 'mime', wantsDkim: false, idempotent: false }),
  create: (_name, { chaos }, { clock }) => createCaptureProvider({ chaos }, { clock }),
};
