/** Whether an endpoint takes what it is told. */

import type { Webhook } from '../../api/types.ts';
import { Pill } from '../../kit/pill.tsx';
import { Ago } from '../../kit/time.tsx';

export function WebhookState({ webhook: { active, disabledReason, failingSince } }: { webhook: Webhook }) {
  if (!active) {
    return (
      <>
        <Pill state="off" /> {disabledReason && <p class="sub">{disabledReason}</p>}
      </>
    );
  }
  if (failingSince === null) return <Pill state="active" />;
  return (
    <>
      <Pill state="failing" />{' '}
      <span class="faint">
        since <Ago at={failingSince} />
      </span>
    </>
  );
}
