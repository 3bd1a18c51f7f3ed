/** Topics: named lists of subscribers. */

import * as z from 'zod';
import type { TopicSpec } from '../../core/notification.ts';
import type { DefinitionKind } from './kind.ts';

const fields = { description: z.string().max(500).optional() };

export const topicKind: DefinitionKind<TopicSpec> = {
  ...{ kind: 'topic', noun: 'topic', action: 'topic', path: '/v1/topics' },
  summaries: {
    list: 'List the topics',
    add: 'Add a topic, a named list of subscribers',
    get: 'One topic',
    set: 'Change the description of a topic; null takes it away',
    remove: 'Remove a topic; its subscribers stay',
  },
  resource: { kind: 'Topic', plural: 'topics', summary: 'A named list of subscribers' },
  max: 1_000,
  fields,
  spec: z.strictObject(fields) as unknown as z.ZodType<TopicSpec>,
  secrets: [],
};
