/** What is looked at once the store is open, in this order; one file each. */

import { checkChores } from './chores.ts';
import { checkDeadLetters } from './dead-letters.ts';
import { checkDomains } from './domains.ts';
import type { Examination } from './patient.ts';
import { checkRoutes } from './providers.ts';
import { checkSpace } from './space.ts';
import { checkQueue } from './store.ts';
import { checkWebhooks } from './webhooks.ts';

export const examinations: readonly Examination[] = [
  ({ config, tenants, names }) => checkRoutes({ config, tenants, names }),
  ({ store, tenants }) => checkDomains({ store, tenants }),
  ({ store, clock, running }) => checkQueue(store, { clock, running }),
  checkDeadLetters,
  checkWebhooks,
  checkChores,
  checkSpace,
];
