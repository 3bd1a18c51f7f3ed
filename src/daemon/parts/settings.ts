/** The configuration in force, for people: what each value is, where it comes from, and what waits for a restart. */

import type { ShownSettings } from '../../api/deps.ts';
import type { Config } from '../../config/schema.ts';
import { flatten, type Origin, type OriginOf, withHiddenSecrets } from '../../config/settings.ts';
import type { ProviderDesk } from '../../manage/providers.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import { differingPaths } from '../reload/take-over.ts';

export interface SettingsPart {
  shown(): Promise<ShownSettings>;
  /** The configuration was read again; not all of it may hold. */
  follow(read: { readonly config: Config; readonly originOf?: OriginOf | undefined }): void;
}

export function createSettings(
  providers: Pick<ProviderDesk, 'list'>,
  config: LiveConfig,
  { file, originOf: startedFrom }: { readonly file?: string | undefined; readonly originOf?: OriginOf | undefined },
): SettingsPart {
  let read = { config: config.now(), originOf: startedFrom };

  const rowsOf = (value: unknown, origin: (path: string) => Origin, below = '') =>
    flatten(withHiddenSecrets(value), below).map(([path, text]) => ({ path, value: text, ...origin(path) }));

  return {
    async shown() {
      const made = (await providers.list()).filter(({ source }) => source === 'store');
      const byCommand = made.flatMap(({ name, settings }) =>
        rowsOf(settings, () => ({ source: 'command' }), `providers.${name}`),
      );
      const fromDefault: OriginOf = () => ({ source: 'default' });
      return {
        file,
        waiting: differingPaths(config.now(), read.config),
        rows: [...rowsOf(config.now(), read.originOf ?? fromDefault), ...byCommand].sort((one, other) =>
          one.path < other.path ? -1 : 1,
        ),
      };
    },
    follow(next) {
      read = { config: next.config, originOf: next.originOf };
    },
  };
}
