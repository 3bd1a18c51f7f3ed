/** A button that calls the API: it waits, says what was done, or what stood against it. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Problem } from '../api/problem.ts';
import { Dialog } from './dialog.tsx';
import { say } from './toast.tsx';

interface ActionProps {
  /** Resolves with what to say. */
  readonly run: () => Promise<string | undefined>;
  readonly children: ComponentChildren;
  readonly look?: 'primary' | 'small' | undefined;
  /** Asked before: what will happen. */
  readonly confirm?: string;
  readonly disabled?: boolean;
}

export function Action({ run, children, look, confirm, disabled = false }: ActionProps) {
  const [waits, setWaits] = useState(false);
  const [asks, setAsks] = useState(false);
  const go = async () => {
    setAsks(false);
    setWaits(true);
    try {
      const done = await run();
      if (done !== undefined) say(done);
    } catch (error) {
      say(sentenceOf(error), 'bad');
    } finally {
      setWaits(false);
    }
  };
  return (
    <>
      <button
        type="button"
        class={`button ${look ?? ''}`}
        disabled={disabled || waits}
        onClick={confirm === undefined ? go : () => setAsks(true)}
      >
        {children}
      </button>
      {confirm !== undefined && (
        <Dialog title="Are you sure?" isOpen={asks} onClose={() => setAsks(false)}>
          <p>{confirm}</p>
          <footer class="form-foot">
            <button type="button" class="button" onClick={() => setAsks(false)}>
              Leave it
            </button>
            <button type="button" class="button primary" data-danger onClick={go}>
              {children}
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}

export function sentenceOf(error: unknown): string {
  if (error instanceof Problem) return error.hint === undefined ? error.message : `${error.message}. ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
