/** The provider type `null`, for measurements. */

import * as z from 'zod';
import { commonSettings, type ProviderType } from '../type.ts';
import { createNullProvider } from './send.ts';

const settings = z.strictObject({ type: z.literal('null'), ...commonSettings });

export const nowhere: ProviderType<typeof settings> = {
  type: 'null',
  settings,
  secrets: [],
  flags: {},
  target: () => '',
  capabilities: () => ({ takes: 'either', wantsDkim: false, idempotent: false }),
  create: createNullProvider,
};
