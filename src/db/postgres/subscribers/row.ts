/** Rows of subscribers, and what belongs to each in other tables. */

import type { Json } from '../../../core/message.ts';
import type { SubscriberChannels } from '../../../core/subscriber-channels.ts';
import { optional } from '../../rows/message-rows.ts';
import type { Subscriber } from '../../verbs/subscribers.ts';
import type { Connection } from '../connection.ts';

export interface SubscriberColumns {
  no: number;
  id: string;
  email: string | null;
  name: string | null;
  locale: string | null;
  timezone: string | null;
  data: string | null;
  channels: string | null;
  created_at: number;
  updated_at: number;
}

/** Makes subscribers of rows. */
export function prepareSubscriber(db: Connection): (tenantId: string, row: SubscriberColumns) => Promise<Subscriber> {
  const topics = db
    .prepare<[number], string>(
      `SELECT d.name FROM topic_subscribers t JOIN definitions d ON d.no = t.topic_no
       WHERE t.subscriber_no = ? ORDER BY d.name`,
    )
    .pluck();
  const seal = db.prepare<[number], { id: string; text: string }>(
    'SELECT id, sealed AS text FROM subscriber_channels WHERE subscriber_no = ?',
  );
  return async (tenantId, row) => {
    const sealed = await seal.get(row.no);
    return {
      ...{ tenantId, id: row.id },
      ...optional('email', row.email),
      ...optional('name', row.name),
      ...optional('locale', row.locale),
      ...optional('timezone', row.timezone),
      ...(row.data !== null && { data: JSON.parse(row.data) as Record<string, Json> }),
      ...(row.channels !== null && { channels: JSON.parse(row.channels) as SubscriberChannels }),
      ...(sealed !== undefined && { sealed }),
      topics: await topics.all(row.no),
      ...{ createdAt: row.created_at, updatedAt: row.updated_at },
    };
  };
}
