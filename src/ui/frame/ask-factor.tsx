/** The question before something dangerous; who leaves it leaves the act. */

import { factorQuestion } from '../api/factor.ts';
import { Dialog } from '../kit/dialog.tsx';
import { FactorForm } from '../kit/factor-form.tsx';

export function AskFactor() {
  const question = factorQuestion.value;
  return (
    <Dialog title="Is it you?" isOpen={question !== undefined} onClose={() => factorQuestion.peek()?.answer(false)}>
      <p>You signed in more than 15 minutes ago, and what you do now cannot be undone.</p>
      <FactorForm onShown={() => factorQuestion.peek()?.answer(true)} />
    </Dialog>
  );
}
