/** How a provider is doing, in a word, and in a sentence where it is not well. */

import type { Provider } from '../../api/types.ts';

export interface Standing {
  readonly word: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'plain';
  readonly sentence?: string;
}

export function standingOf({ problem, state }: Provider): Standing {
  if (problem !== null) return { word: 'cannot be used', tone: 'bad', sentence: problem };
  if (state === null) return { word: 'not known', tone: 'plain' };
  const { paused, breaker, throttledUntil, health } = state;
  if (paused) return { word: 'paused', tone: 'warn' };
  const said = health?.ok === false ? { sentence: health.detail } : {};
  if (breaker.state === 'open') {
    return { word: breaker.account ? 'refuses our account' : 'breaker open', tone: 'bad', ...said };
  }
  if (health?.ok === false) return { word: 'does not work', tone: 'bad', ...said };
  if (breaker.state === 'half_open') return { word: 'on trial', tone: 'warn' };
  return throttledUntil === null ? { word: 'ready', tone: 'good' } : { word: 'throttled', tone: 'warn' };
}
