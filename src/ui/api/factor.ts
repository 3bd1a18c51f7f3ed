/** Something dangerous wants a login that is not old: the frame asks for the factor, and the call is made again. */

import { signal } from '@preact/signals';

interface Question {
  /** True: the factor was shown. */
  answer(isShown: boolean): void;
}

export const factorQuestion = signal<Question | undefined>(undefined);

let asking: Promise<boolean> | undefined;

/** One question for all calls that wait. Resolves with whether the factor was shown. */
export function askForFactor(): Promise<boolean> {
  asking ??= new Promise<boolean>((resolve) => {
    factorQuestion.value = {
      answer(isShown) {
        asking = undefined;
        factorQuestion.value = undefined;
        resolve(isShown);
      },
    };
  });
  return asking;
}
