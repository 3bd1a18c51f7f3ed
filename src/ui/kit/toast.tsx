/** Short word of what was done; a screen reader is told too. */

import { signal } from '@preact/signals';
import { Icon } from './icon.tsx';

interface Toast {
  readonly id: number;
  readonly kind: 'good' | 'bad';
  readonly text: string;
}

const LASTS_MS = 6_000;

const toasts = signal<readonly Toast[]>([]);
let next = 0;

/** What went wrong stays until it is closed. */
export function say(text: string, kind: Toast['kind'] = 'good'): void {
  next += 1;
  const toast = { id: next, kind, text };
  toasts.value = [...toasts.value.slice(-3), toast];
  if (kind === 'good') setTimeout(() => drop(toast.id), LASTS_MS);
}

const drop = (id: number) => {
  toasts.value = toasts.value.filter((one) => one.id !== id);
};

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, kind, text }) => (
        <p key={id} class="toast" data-kind={kind}>
          <Icon name={kind === 'good' ? 'check' : 'alert'} />
          <span>{text}</span>
          <button type="button" class="icon-button" onClick={() => drop(id)}>
            <Icon name="close" />
            <span class="sr">Close</span>
          </button>
        </p>
      ))}
    </div>
  );
}
