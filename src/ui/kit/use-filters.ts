/** The filters of a page live in its address, so that it can be sent to a colleague. */

import { useLocation } from 'preact-iso/router';

export interface Filters {
  readonly values: Readonly<Record<string, string>>;
  /** An empty value takes the filter away. */
  set(changes: Readonly<Record<string, string>>): void;
  clear(): void;
}

export function useFilters(): Filters {
  const { path, query, route } = useLocation();
  const go = (values: Readonly<Record<string, string>>) => {
    const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== '')).toString();
    route(text === '' ? path : `${path}?${text}`, true);
  };
  return { values: query, set: (changes) => go({ ...query, ...changes }), clear: () => go({}) };
}
