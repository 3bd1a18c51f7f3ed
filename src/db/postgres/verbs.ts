/** All verbs on PostgreSQL: by slice, and by their paths. */

import { audit } from './audit/index.ts';
import { chores } from './chores/index.ts';
import { content } from './content/index.ts';
import { definitions } from './definitions/index.ts';
import { domains } from './domains/index.ts';
import { events } from './events/index.ts';
import { factors } from './factors/index.ts';
import { feedback } from './feedback/index.ts';
import { groups } from './groups/index.ts';
import { hits } from './hits/index.ts';
import { inbox } from './inbox/index.ts';
import { keys } from './keys/index.ts';
import { messages } from './messages/index.ts';
import { notifications } from './notifications/index.ts';
import { outbox } from './outbox/index.ts';
import { people } from './people/index.ts';
import { ping } from './ping.ts';
import { preferences } from './preferences/index.ts';
import { providers } from './providers/index.ts';
import { publications } from './publications/index.ts';
import { resources } from './resources/index.ts';
import { seals } from './seals/index.ts';
import { subscribers } from './subscribers/index.ts';
import { suppressions } from './suppressions/index.ts';
import { tallies } from './tallies/index.ts';
import { templates } from './templates/index.ts';
import { tenants } from './tenants/index.ts';
import { triggers } from './triggers/index.ts';
import { unsubscribes } from './unsubscribes/index.ts';
import type { Slices, Verb, VerbName } from './verb.ts';
import { webhooks } from './webhooks/index.ts';

export const slices: Slices = {
  audit,
  chores,
  content,
  definitions,
  domains,
  events,
  factors,
  feedback,
  groups,
  hits,
  inbox,
  keys,
  messages,
  notifications,
  outbox,
  people,
  preferences,
  providers,
  publications,
  resources,
  seals,
  subscribers,
  suppressions,
  tallies,
  templates,
  tenants,
  triggers,
  unsubscribes,
  webhooks,
};

const paths = Object.entries(slices).flatMap(([slice, verbs]) =>
  Object.entries(verbs).map(([name, verb]) => [`${slice}.${name}`, verb] as const),
);

const single = Object.fromEntries(paths);

/** Several writing verbs in the transaction of one call. */
const together: Verb<'together'> = {
  kind: 'write',
  prepare(db) {
    const prepared = new Map<string, (input: unknown) => unknown>();
    const runOf = (name: string) => {
      const verb = Object.hasOwn(single, name) ? single[name] : undefined;
      if (verb?.kind !== 'write' && verb?.kind !== 'shared')
        throw new Error(`${name} does not write, or not in a transaction`);
      const run = prepared.get(name) ?? (verb.prepare(db) as (input: unknown) => unknown);
      prepared.set(name, run);
      return run;
    };
    return async (calls) => {
      const answers: unknown[] = [];
      for (const { verb, input } of calls) answers.push(await runOf(verb)(input));
      return answers;
    };
  },
};

/** One flat record, so that a call finds its verb in one step. */
export const verbs = { ...single, together, ping } as { readonly [K in VerbName]: Verb<K> };
