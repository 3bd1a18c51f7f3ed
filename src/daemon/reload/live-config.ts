/**
 * The configuration as it holds now. SIGHUP changes it; the composition root owns it, and only a reload changes it. Parts
 * never see it: they are given options that are made from it.
 */

import type { Config } from '../../config/schema.ts';

export interface LiveConfig {
  now(): Config;
  /**
   * Options made from it, and brought up to date in place. A part that has them must read them when they are used, not
   * before: so a change holds from the next message, attempt or run on, and costs those that read nothing.
   */
  options<T extends object>(of: (config: Config) => T): T;
}

export interface ChangeableConfig extends LiveConfig {
  /** Throws, and changes nothing, where options cannot be made from it. */
  change(next: Config): void;
}

export function createLiveConfig(started: Config): ChangeableConfig {
  let config = started;
  const prepares: ((next: Config) => () => void)[] = [];

  return {
    now: () => config,
    options(of) {
      const live = { ...of(config) };
      prepares.push((next) => {
        const made = of(next);
        return () => replace(live, made);
      });
      return live;
    },
    change(next) {
      const puts = prepares.map((prepare) => prepare(next));
      config = next;
      for (const put of puts) put();
    },
  };
}

function replace(live: object, made: object): void {
  for (const name of Object.keys(live)) if (!Object.hasOwn(made, name)) Reflect.deleteProperty(live, name);
  Object.assign(live, made);
}
