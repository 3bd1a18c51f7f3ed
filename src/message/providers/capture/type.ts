/** The provider type `capture`, for development and rehearsals. */

import * as z from 'zod';
import { commonSettings, type ProviderType } from '../type.ts';
import { createCaptureProvider } from './send.ts';

const settings = z.strictObject({ type: z.literal('capture'), ...commonSettings });

export const capture: ProviderType<typeof settings> = {
  type: 'capture',
  settings,
  secrets: [],
  flags: {},
  target: () => '',
  capabilities: () => ({ takes: 'mime', wantsDkim: false, idempotent: false }),
  create: createCaptureProvider,
};
