/** What a call answers, for a page: loaded, loaded again when something happens, and kept while it is. */

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type CallName, call, type Input, isGone } from './call.ts';
import { pulse } from './live.ts';
import { Gone } from './problem.ts';
import { tenant } from './session.ts';
import type { Calls } from './types.ts';

const STEADY_MS = 4_000;

export interface Data<T> {
  /** Undefined until it came for the first time. */
  readonly data: T | undefined;
  /** Why the last try did not bring it. */
  readonly problem: Error | undefined;
  /** What is shown answers an earlier question. */
  readonly isStale: boolean;
  refresh(): void;
}

/**
 * `live`: asks again when something happened, while somebody looks; `steady`: every few seconds too, for what changes
 * without an event.
 */
export type Following = 'no' | 'live' | 'steady';

export function useData<N extends CallName>(
  name: N,
  input: Input<N>,
  following: Following = 'no',
): Data<Calls[N]['answer']> {
  type Answer = Calls[N]['answer'];
  const whose = tenant.value;
  const question = JSON.stringify([name, input, whose]);
  const [shown, setShown] = useState<{ question: string; data?: Answer; problem?: Error }>({ question: '' });
  const asking = useRef<AbortController>(undefined);

  const ask = useCallback(() => {
    asking.current?.abort();
    asking.current = new AbortController();
    const { signal } = asking.current;
    call(name, { ...input, signal }).then(
      (data) => !signal.aborted && setShown({ question, data }),
      (problem: Error) => {
        if (signal.aborted) return;
        setShown((before) => ({
          question,
          problem,
          ...(before.question === question && { data: before.data as Answer }),
        }));
      },
    );
  }, [question]);

  useEffect(() => {
    ask();
    return () => asking.current?.abort();
  }, [ask]);
  useAgain(ask, following, shown.problem instanceof Gone);
  return { data: shown.data, problem: shown.problem, isStale: shown.question !== question, refresh: ask };
}

/** When somebody looks again at what changed meanwhile, and when a daemon that was gone is back. */
function useAgain(ask: () => void, following: Following, wasGone: boolean): void {
  const beat = pulse.value;
  const gone = isGone.value;
  const asked = useRef(beat);
  useEffect(() => {
    const look = () => {
      if (following === 'no' || document.hidden || asked.current === pulse.peek()) return;
      asked.current = pulse.peek();
      ask();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [beat, ask, following]);
  useEffect(() => {
    if (following !== 'steady') return;
    const timer = setInterval(() => document.hidden || ask(), STEADY_MS);
    return () => clearInterval(timer);
  }, [ask, following]);
  useEffect(() => {
    if (wasGone && !gone) ask();
  }, [gone, wasGone, ask]);
}
