/** What is looked at once the store is open, in this order; one file each. */

import { checkChores } from './chores.ts';
import { checkDeadLetters } from './dead-letters.ts';
import { checkDomains } from './domains.ts';
import type { Examination } from './patient.ts';
import { checkRoutes } from './providers.ts';
import { checkSpace } from './space.ts';
import { checkQueue } from './store.ts';
import { checkWebhooks } from './webhooks.ts';

/** By what each is about. */
export const examinations: readonly (readonly [about: string, Examination])[] = [
  ['routes', ({ config, tenants, names }) => checkRoutes({ config, tenants, names })],
  ['domains', ({ store, tenants }) => checkDomains({ store, tenants })],
  ['queue', ({ store, clock, running }) => checkQueue(store, { clock, running })],
  ['dead letters', checkDeadLetters],
  ['webhooks', checkWebhooks],
  ['chores', checkChores],
  ['space', checkSpace],
];
