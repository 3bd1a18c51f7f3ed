/** URLs of attachments: which may be given, and how they are told without what may be secret in them. */

import { readUrl } from '../../base/net/read-url.ts';

const MAX_LENGTH = 4096;

/** What is wrong with it by its form alone; undefined when it may be asked. */
export function urlFault(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  const read = readUrl(text);
  return 'refused' in read ? `cannot be fetched: ${read.refused}` : undefined;
}

/** Without the query, in which storage services put what lets its holder in. */
export function shownUrl(text: string): string {
  const read = readUrl(text);
  return 'refused' in read ? 'the URL' : `${read.url.origin}${read.url.pathname}`;
}
