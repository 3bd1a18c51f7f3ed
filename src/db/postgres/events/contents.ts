/** The verb that gives what payloads of events are made of. */

import type { Verb } from '../verb.ts';
import { contentAt } from '../webhook-rows.ts';

export const contents: Verb<'events.contents'> = {
  kind: 'scan',
  prepare(db) {
    const read = contentAt(db);
    return async ({ positions }) => {
      const found = [];
      for (const position of positions) {
        const content = await read(Number(position));
        if (content !== undefined) found.push(content);
      }
      return found;
    };
  },
};
