/** One call of the API, typed by its document. */

import { signal } from '@preact/signals';
import { askForFactor } from './factor.ts';
import { Gone, Problem } from './problem.ts';
import { credentials, session, tenant } from './session.ts';
import type { Calls } from './types.ts';

export type CallName = keyof Calls;

/** Absent where the call takes none of it. */
type Part<T, K extends string> = T extends undefined ? unknown : keyof T extends never ? unknown : Need<T, K>;
type Need<T, K extends string> = Partial<T> extends T ? { readonly [P in K]?: T } : { readonly [P in K]: T };

export type Input<N extends CallName> = Part<Calls[N]['params'], 'params'> &
  Part<Partial<Calls[N]['query']>, 'query'> &
  Part<Calls[N]['body'], 'body'> & {
    /** Slug; absent: the one that is looked at. */
    readonly tenant?: string | undefined;
    readonly signal?: AbortSignal;
  };

/** Whether the daemon answers; every call says so. */
export const isGone = signal(false);

interface Loose {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly tenant?: string | undefined;
  readonly signal?: AbortSignal;
}

/** Rejects with a `Problem`, or `Gone` where nobody answers. Where the login is too old, the person is asked for the factor first. */
export async function call<N extends CallName>(name: N, input: Input<N>): Promise<Calls[N]['answer']> {
  const response = await send(name, input);
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  // What a call answers is what its document says.
  return (
    isJson ? await response.json() : response.status === 204 ? undefined : await response.text()
  ) as Calls[N]['answer'];
}

export async function send(name: CallName, input: Loose): Promise<Response> {
  const [method = 'GET', path = ''] = name.split(' ');
  const whose = input.tenant ?? tenant.value;
  const isText = typeof input.body === 'string';
  const response = await reach(urlOf(path, input), {
    method,
    headers: {
      ...credentials(method !== 'GET'),
      ...(whose !== undefined && session.value.kind !== 'unknown' && { 'x-iep-tenant': whose }),
      ...(input.body !== undefined && { 'content-type': isText ? 'text/csv' : 'application/json' }),
    },
    ...(input.body !== undefined && { body: isText ? (input.body as string) : JSON.stringify(input.body) }),
    ...(input.signal && { signal: input.signal }),
  });
  if (response.ok) return response;
  const problem = new Problem(response.status, await bodyOf(response));
  if (problem.status === 401 && session.value.kind !== 'unknown') session.value = { kind: 'nobody' };
  // What may be done is another than it was at the start: that is looked up anew.
  if (problem.code === 'second_factor_required') session.value = { kind: 'unknown' };
  if (problem.code === 'login_too_old' && (await askForFactor())) return send(name, input);
  throw problem;
}

/** Rejects with `Gone` where nobody answers, also where a proxy says so. */
export async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, { ...init, credentials: 'same-origin' });
    isGone.value = response.status === 502 || response.status === 504;
    if (!isGone.value) return response;
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    isGone.value = true;
  }
  throw new Gone();
}

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

export function urlOf(path: string, { params = {}, query = {} }: Loose): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? filled : `${filled}?${text}`;
}
