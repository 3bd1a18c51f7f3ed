/** Topics: named lists of subscribers. */

import type { Topic } from '../../api/types.ts';
import { Field } from '../../kit/form.tsx';
import { Ago } from '../../kit/time.tsx';
import { addressOf } from '../../kit/use-filters.ts';
import { isOfAll } from '../../kit/whose.tsx';
import { type DefinitionKind, DefinitionView, type FieldsProps } from './definition-view.tsx';

const kind: DefinitionKind<Topic> = {
  ...{ path: '/v1/topics', noun: 'topic', nouns: 'Topics', example: 'outages', Fields },
  says: 'A topic is a named list of subscribers: who tells it tells all of them.',
  command: "iep topic add outages --description 'What is down, and what is up again'",
  columns: [
    { head: 'Description', cell: ({ description }) => <span class="soft">{description}</span> },
    { head: 'Who', cell: (topic) => <a href={subscribersOf(topic)}>subscribers</a> },
    { head: 'Since', kind: 'narrow', cell: ({ createdAt }) => <Ago at={createdAt} /> },
  ],
  read: ({ description }) => ({ description: description || null }),
};

function subscribersOf({ name, tenant }: Topic): string {
  const whose = isOfAll() ? { tenant } : {};
  return addressOf('/ui/notifications', { view: 'subscribers', topic: name, ...whose });
}

export function Topics() {
  return <DefinitionView kind={kind} />;
}

function Fields({ of, faultOf }: FieldsProps<Topic>) {
  return (
    <Field
      label="Description"
      name="description"
      value={of?.description ?? ''}
      placeholder="What is down, and what is up again"
      fault={faultOf('description')}
    />
  );
}
