/** All that people change. Made once, and called by whatever door they come through. */

import { createQueueLevers, type QueueDeps, type QueueLevers } from './queue.ts';

export interface Manage {
  readonly queue: QueueLevers;
}

export type ManageDeps = QueueDeps;

export function createManage(deps: ManageDeps): Manage {
  return { queue: createQueueLevers(deps) };
}
