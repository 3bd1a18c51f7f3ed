/** The verb that says whether the store can write, and whether its clock is ours. */

import { prepareSameTime } from './same-time.ts';
import type { Verb } from './verb.ts';

export const ping: Verb<'ping'> = {
  kind: 'write',
  prepare(db) {
    // Really writes, so that a full or failing disk shows.
    const touch = db.prepare(
      `INSERT INTO meta (key, value) VALUES ('pings', '1') ON CONFLICT (key) DO UPDATE SET value = meta.value::bigint + 1`,
    );
    const askTime = prepareSameTime(db);
    return async () => {
      await askTime();
      await touch.run();
    };
  },
};
