/** The verb that gives what payloads of events are made of. */

import type { Verb } from '../verb.ts';
import { contentAt } from '../webhook-rows.ts';

export const contents: Verb<'events.contents'> = {
  kind: 'scan',
  prepare(db) {
    const read = contentAt(db);
    return function* ({ positions }) {
      const found = [];
      for (const position of positions) {
        const content = read(Number(position));
        if (content !== undefined) found.push(content);
        yield;
      }
      return found;
    };
  },
};
