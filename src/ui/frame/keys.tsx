/** The keyboard: search, move, open, help. They hold while no field has the focus. */

import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../kit/dialog.tsx';

const shortcuts = [
  ['/', 'Search'],
  ['j', 'Next row'],
  ['k', 'Row before'],
  ['Enter', 'Open the row'],
  ['Escape', 'Close what is open'],
  ['?', 'These shortcuts'],
] as const;

export interface HelpState {
  readonly isOpen: boolean;
  open(): void;
  close(): void;
}

export function useKeys(): HelpState {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const isHandled = act(event.key, () => setOpen(true));
      if (isHandled) event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
  return { isOpen, open: () => setOpen(true), close: () => setOpen(false) };
}

export function Help({ state }: { state: HelpState }) {
  return (
    <Dialog title="Keyboard shortcuts" isOpen={state.isOpen} onClose={state.close}>
      <dl class="shortcuts">
        {shortcuts.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function act(key: string, help: () => void): boolean {
  if (document.querySelector('dialog[open]') !== null) return false;
  if (key === '?') help();
  else if (key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
  else if (key === 'j') move(1);
  else if (key === 'k') move(-1);
  else return false;
  return true;
}

/** Rows are opened by the link in them, so that Enter, the middle button and a screen reader all know how. */
function move(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}

/** Where an editor stands in a shadow root, the target of the event is its host alone. */
function isTyping(event: Event): boolean {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && target.matches('input, select, textarea, [contenteditable]');
}
