/** Asks a daemon that is gone until it answers again. */

import { effect } from '@preact/signals';
import { isGone } from './call.ts';

const EVERY_MS = 2_000;

export function watchForReturn(): void {
  let timer: ReturnType<typeof setInterval> | undefined;
  const ask = async () => {
    try {
      const { ok } = await fetch('/health', { cache: 'no-store' });
      if (ok) isGone.value = false;
    } catch {
      // It is still gone; the banner says so.
    }
  };
  effect(() => {
    clearInterval(timer);
    timer = isGone.value ? setInterval(ask, EVERY_MS) : undefined;
  });
}
