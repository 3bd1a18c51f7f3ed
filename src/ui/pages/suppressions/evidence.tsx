/** What led to an entry, where the platform made it itself. */

import { useState } from 'preact/hooks';
import { useData } from '../../api/use-data.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Loaded } from '../../kit/states.tsx';
import { At } from '../../kit/time.tsx';

interface Entry {
  readonly tenant: string;
  readonly email: string;
}

export function Evidence({ tenant, email }: Entry) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="link mono" data-row onClick={() => setOpen(true)}>
        {email}
      </button>
      <Dialog title={email} isOpen={isOpen} onClose={() => setOpen(false)}>
        <Detail tenant={tenant} email={email} />
      </Dialog>
    </>
  );
}

function Detail({ tenant, email }: Entry) {
  const entry = useData('GET /v1/suppressions/{email}', { params: { email }, tenant });
  return (
    <Loaded of={entry}>
      {({ evidence, note, createdAt, reason }) => (
        <>
          <p>
            {reason.replaceAll('_', ' ')}, since <At at={createdAt} />
            {note && `: ${note}`}
          </p>
          {evidence.length === 0 && <p class="faint">Somebody added it; there is no mail that led to it.</p>}
          <ol class="timeline">
            {evidence.map(({ at, messageId, reply }) => (
              <li key={at} data-tone="bad">
                <p class="mono">{reply ?? 'without a reply'}</p>
                <span class="faint">
                  <At at={at} /> {messageId && <a href={`/ui/messages/${messageId}`}>the message</a>}
                </span>
              </li>
            ))}
          </ol>
        </>
      )}
    </Loaded>
  );
}
