/** What is typed into a template, until it is saved: a version that comes in meanwhile never takes it away. */

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Template } from '../../api/types.ts';
import { type Draft, draftOf } from './draft.ts';

export interface DraftState {
  readonly draft: Draft;
  readonly isChanged: boolean;
  change(draft: Draft): void;
  /** It is about to be saved as it is. */
  sent(): void;
}

export function useDraft(template: Template): DraftState {
  const [draft, change] = useState<Draft>(() => draftOf(template));
  const saved = JSON.stringify(draftOf(template));
  const shown = JSON.stringify(draft);
  /** Texts of which the store has all: the version that was shown, and what was saved since. */
  const kept = useRef<readonly string[]>([saved]);
  useEffect(() => {
    if (kept.current.includes(shown)) change(draftOf(template));
    kept.current = [saved];
  }, [saved]);
  return {
    ...{ draft, isChanged: shown !== saved, change },
    sent() {
      kept.current = [...kept.current, shown];
    },
  };
}
