/** Links of a message that are not tracked, because they stand in its header as the way out of further mail (RFC 2369, RFC 8058). */

import type { Message } from '../../core/message.ts';

export function keptLinks({ content }: Pick<Message, 'content'>): readonly string[] {
  const headers = (content.kind === 'parts' && content.headers) || [];
  const given = headers.filter(([name]) => name.toLowerCase() === 'list-unsubscribe').map(([, value]) => value);
  return given.flatMap((value) => value.split(/[<>]/).filter((part) => part.toLowerCase().startsWith('http')));
}
