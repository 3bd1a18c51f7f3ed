/** The verbs of content on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { expireAttachments, expireMessages, namedBlobs, neededBlobs } from './expire.ts';
import { keepAttachments } from './keep-attachments.ts';

export const content: Slice<'content'> = {
  expireAttachments,
  expireMessages,
  keepAttachments,
  namedBlobs,
  neededBlobs,
};
