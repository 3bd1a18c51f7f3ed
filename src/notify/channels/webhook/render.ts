/** What a webhook is posted: the notification as JSON, or what its template gives. */

import { unmarked } from '../../../core/marked-text.ts';
import { rfc3339 } from '../../../core/rfc3339.ts';
import type { Payload, PostContent } from '../channel.ts';
import { readMade, writeTexts } from '../writing.ts';

const MAX_BYTES = 256 * 1024;

export function webhookPayload(content: PostContent): Payload {
  const made = content.template === undefined ? notificationOf(content) : templateOf(content.template);
  if ('unfit' in made) return made;
  const body = JSON.stringify(made.json);
  const bytes = Buffer.byteLength(body);
  return bytes <= MAX_BYTES ? { body } : { unfit: `the payload has ${bytes} bytes; a webhook is posted ${MAX_BYTES}` };
}

function notificationOf({ notice, card }: PostContent) {
  const { notificationId, type, at, data, actor, subscriber } = notice;
  const { subject, text, acknowledgeUrl } = card;
  return {
    json: {
      event: 'notification',
      ...{ notificationId, type, timestamp: rfc3339(at), subject, text: text ?? null },
      ...{ subscriber: subscriber ?? null, actor: actor ?? null, data },
      ...(acknowledgeUrl !== undefined && { acknowledgeUrl }),
    },
  };
}

/** A template that is text is posted as `{"text": …}`. */
function templateOf(template: string) {
  const read = readMade(template);
  if ('text' in read) return { json: { text: unmarked(read.text).trim() } };
  return 'unfit' in read ? read : writeTexts(read.json, (text) => unmarked(text));
}
