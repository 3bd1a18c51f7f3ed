/** Who is signed in: a person, by a cookie that scripts never see, or an API key that this tab keeps until it is closed. */

import { signal } from '@preact/signals';
import type { CurrentSession } from './types.ts';

export type Person = CurrentSession['user'];

export type Session =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'nobody' }
  | {
      readonly kind: 'person';
      readonly person: Person;
      readonly csrf: string;
      readonly isOperator: boolean;
      /** What it signs in with, and whether the platform asks for more. */
      readonly account: Pick<CurrentSession, 'hasPassword' | 'factors' | 'loginProviders' | 'secondFactorMissing'>;
    }
  | { readonly kind: 'key'; readonly key: string; readonly isOperator: boolean };

export const session = signal<Session>({ kind: 'unknown' });

/** The tenant that an operator looks at; undefined: all of them. */
export const tenant = signal(
  new URLSearchParams(location.search).get('tenant') ?? sessionStorage.getItem('iep-tenant') ?? undefined,
);

export function lookAt(slug: string | undefined): void {
  tenant.value = slug;
  if (slug === undefined) sessionStorage.removeItem('iep-tenant');
  else sessionStorage.setItem('iep-tenant', slug);
}

/** What says who calls; `writes` for a call that changes something. */
export function credentials(writes: boolean): Record<string, string> {
  const now = session.value;
  if (now.kind === 'key') return { 'x-api-key': now.key };
  return now.kind === 'person' && writes ? { 'x-iep-csrf': now.csrf } : {};
}

export const isOperator = (): boolean => {
  const now = session.value;
  return (now.kind === 'person' || now.kind === 'key') && now.isOperator;
};
