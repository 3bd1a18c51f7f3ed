/** The views of the page, in the order of their tabs. */

import type { FunctionComponent } from 'preact';
import { Channels } from './channels.tsx';
import { Escalations } from './escalations.tsx';
import { History } from './history.tsx';
import { Rules } from './rules.tsx';
import { Subscribers } from './subscribers.tsx';
import { Topics } from './topics.tsx';
import { Types } from './types.tsx';

type View = readonly [view: string, word: string, component: FunctionComponent];

export const views: readonly [View, ...View[]] = [
  ['history', 'History', History],
  ['subscribers', 'Subscribers', Subscribers],
  ['types', 'Types', Types],
  ['topics', 'Topics', Topics],
  ['rules', 'Rules', Rules],
  ['channels', 'Channels', Channels],
  ['escalations', 'Escalations', Escalations],
];
