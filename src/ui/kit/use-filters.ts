/** The filters of a page live in its address, so that it can be sent to a colleague; so does the tenant that is looked at. */

import { useLocation } from 'preact-iso/router';

export interface Filters {
  /** Without the tenant, which goes with every call. */
  readonly values: Readonly<Record<string, string>>;
  /** An empty value takes the filter away. */
  set(changes: Readonly<Record<string, string>>): void;
  clear(): void;
}

export function useFilters(): Filters {
  const { path, query, route } = useLocation();
  const { tenant = '', ...values } = query;
  const go = (next: Readonly<Record<string, string>>) => route(addressOf(path, { tenant, ...next }), true);
  return { values, set: (changes) => go({ ...values, ...changes }), clear: () => go({}) };
}

export function addressOf(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return text === '' ? path : `${path}?${text}`;
}
