/** Return paths, from the configuration. */

import { keptTokens } from '../../manage/kept-tokens.ts';
import { createReturnPaths, type ReturnPaths } from '../../manage/return-path.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { Ground, Stations } from './stations.ts';

export function returnPathsOf(
  ground: Omit<Ground, 'log' | 'blobs'> & Pick<Stations, 'directory'>,
  config: LiveConfig,
): ReturnPaths {
  const options = config.options(({ feedback }) => ({ domain: feedback.domain }));
  return createReturnPaths({ ...ground, kept: keptTokens(ground) }, options);
}
