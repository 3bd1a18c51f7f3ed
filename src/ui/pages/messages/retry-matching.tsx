/** Retries all that the filters match: first counted, then asked, then done. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { isOperator, tenant } from '../../api/session.ts';
import type { Calls } from '../../api/types.ts';
import { sentenceOf } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { countText } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';

type Filter = Omit<Calls['POST /v1/messages/retry']['body'], 'dryRun' | 'cursor'>;

export function RetryMatching({ filter }: { filter: Filter }) {
  const [count, setCount] = useState<number>();
  // Retrying is done within one tenant.
  if (isOperator() && tenant.value === undefined) return null;
  const guarded = (work: () => Promise<void>) => work().catch((error: unknown) => say(sentenceOf(error), 'bad'));
  const ask = () => guarded(async () => setCount((await retryAll(filter, true)).matched));
  const go = () =>
    guarded(async () => {
      setCount(undefined);
      say(`${countText((await retryAll(filter, false)).retried)} messages are tried again`);
    });
  return (
    <>
      <button type="button" class="button" onClick={ask}>
        Retry what matches
      </button>
      <Dialog title="Retry what matches" isOpen={count !== undefined} onClose={() => setCount(undefined)}>
        <p>
          {count === 0
            ? 'No message that the filters match can be tried again.'
            : `${countText(count ?? 0)} messages are tried again: their attempts start from zero, their content stays.`}
        </p>
        {count !== 0 && (
          <footer class="form-foot">
            <button type="button" class="button primary" onClick={go}>
              Retry {countText(count ?? 0)}
            </button>
          </footer>
        )}
      </Dialog>
    </>
  );
}

/** Each call does up to 10,000. */
async function retryAll(filter: Filter, dryRun: boolean): Promise<{ matched: number; retried: number }> {
  const sum = { matched: 0, retried: 0 };
  let cursor: string | undefined;
  do {
    const done = await call('POST /v1/messages/retry', { body: { ...filter, dryRun, ...(cursor && { cursor }) } });
    sum.matched += done.matched;
    sum.retried += done.retried;
    cursor = done.cursor ?? undefined;
  } while (cursor !== undefined);
  return sum;
}
