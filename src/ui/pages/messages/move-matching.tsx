/** Retries or cancels all that the filters match: first counted, then asked, then done. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { isOperator, tenant } from '../../api/session.ts';
import type { Calls } from '../../api/types.ts';
import { sentenceOf } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { countText } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';

type Filter = Omit<Calls['POST /v1/messages/retry']['body'], 'dryRun' | 'cursor'>;
type Move = keyof typeof moves;

const moves = {
  retry: {
    word: 'Retry',
    none: 'No message that the filters match can be tried again.',
    what: (count: string) => `${count} messages are tried again: their attempts start from zero, their content stays.`,
    done: (count: string) => `${count} messages are tried again`,
  },
  cancel: {
    word: 'Cancel',
    none: 'No message that the filters match still waits.',
    what: (count: string) => `${count} messages that wait are not sent to anybody who has not got them yet.`,
    done: (count: string) => `${count} messages are cancelled`,
  },
} as const;

export function MoveMatching({ move, filter }: { move: Move; filter: Filter }) {
  const [count, setCount] = useState<number>();
  // Mail is moved within one tenant.
  if (isOperator() && tenant.value === undefined) return null;
  const { word, none, what, done } = moves[move];
  const guarded = (work: () => Promise<void>) => work().catch((error: unknown) => say(sentenceOf(error), 'bad'));
  const ask = () => guarded(async () => setCount((await moveAll(move, filter, true)).matched));
  const go = () =>
    guarded(async () => {
      setCount(undefined);
      say(done(countText((await moveAll(move, filter, false)).moved)));
    });
  const title = `${word} what matches`;
  return (
    <>
      <button type="button" class="button" onClick={ask}>
        {title}
      </button>
      <Dialog title={title} isOpen={count !== undefined} onClose={() => setCount(undefined)}>
        <p>{count === 0 ? none : what(countText(count ?? 0))}</p>
        {count !== 0 && (
          <footer class="form-foot">
            <button type="button" class="button" onClick={() => setCount(undefined)}>
              Leave them
            </button>
            <button type="button" class="button primary" data-danger={move === 'cancel'} onClick={go}>
              {word} {countText(count ?? 0)}
            </button>
          </footer>
        )}
      </Dialog>
    </>
  );
}

/** Each call does up to 10,000. */
async function moveAll(move: Move, filter: Filter, dryRun: boolean): Promise<{ matched: number; moved: number }> {
  const sum = { matched: 0, moved: 0 };
  let cursor: string | undefined;
  do {
    const body = { ...filter, dryRun, ...(cursor && { cursor }) };
    const done =
      move === 'retry'
        ? await call('POST /v1/messages/retry', { body })
        : await call('POST /v1/messages/cancel', { body });
    sum.matched += done.matched;
    sum.moved += 'retried' in done ? done.retried : done.cancelled;
    cursor = done.cursor ?? undefined;
  } while (cursor !== undefined);
  return sum;
}
