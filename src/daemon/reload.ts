/**
 * SIGHUP: the configuration is read again, and what can change while the daemon runs does. What cannot is named in the
 * log. A configuration that is not valid changes nothing. Values are never logged: some are secrets.
 */

import type { Config } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';

/** Keys that can change, and what to do when one of them has. */
export interface Reloadable {
  /** A key is meant with all that is below it. */
  readonly paths: readonly string[];
  /** Throws a refusal where the new values cannot be used; asked before anything is applied. */
  check?(config: Config): void;
  apply(config: Config): void | Promise<void>;
}

export interface ReloadReport {
  readonly applied: readonly string[];
  readonly needRestart: readonly string[];
}

/** Makes the function that takes over from one configuration to the next. */
export function createReload(
  deps: { log: Pick<Log, 'info' | 'warn'>; reloadable: readonly Reloadable[] },
  started: Config,
): (config: Config) => Promise<ReloadReport> {
  const { log, reloadable } = deps;
  let running = valuesOf(started);

  return async (config) => {
    const wanted = valuesOf(config);
    const changed = [...new Set([...running.keys(), ...wanted.keys()])].filter(
      (path) => running.get(path) !== wanted.get(path),
    );
    const touched = reloadable.filter(({ paths }) => changed.some((path) => isUnder(path, paths)));
    for (const { check } of touched) check?.(config);
    for (const { apply } of touched) await apply(config);
    const isApplied = (path: string) => touched.some(({ paths }) => isUnder(path, paths));
    const report = {
      applied: changed.filter(isApplied),
      needRestart: changed.filter((path) => !isApplied(path)),
    };
    // What waits for a restart stays as it runs, so that the next time names it again.
    running = new Map([...running].filter(([path]) => !isApplied(path)));
    for (const [path, value] of wanted) if (isUnderAny(path, reloadable)) running.set(path, value);
    log.info({ changed: report.applied }, 'the configuration was read again');
    if (report.needRestart.length > 0) log.warn({ paths: report.needRestart }, 'these changes need a restart');
    return report;
  };
}

function isUnderAny(path: string, reloadable: readonly Reloadable[]): boolean {
  return reloadable.some(({ paths }) => isUnder(path, paths));
}

function isUnder(path: string, paths: readonly string[]): boolean {
  return paths.some((one) => path === one || path.startsWith(`${one}.`));
}

/** Every value by its path, as JSON; a list is one value. */
function valuesOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value === undefined ? new Map() : new Map([[path, JSON.stringify(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([name, inner]) => [...valuesOf(inner, path === '' ? name : `${path}.${name}`)]),
  );
}
