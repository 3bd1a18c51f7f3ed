/** Takes in a list from elsewhere: looked through first, so that nothing is added by mistake. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { Imported } from '../../api/types.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Form } from '../../kit/form.tsx';
import { countText } from '../../kit/time.tsx';
import { say } from '../../kit/toast.tsx';

export function Import({ onDone }: { onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [look, setLook] = useState<{ text: string; found: Imported }>();
  const close = () => {
    setOpen(false);
    setLook(undefined);
  };
  const take = async (text: string) => {
    const { added, changed } = await call('POST /v1/suppressions/import', { body: text });
    close();
    say(`${countText(added)} added, ${countText(changed)} changed`);
    onDone();
  };
  const first = async (_: unknown, form: HTMLFormElement) => {
    const file = new FormData(form).get('file');
    const text = file instanceof File ? await file.text() : '';
    setLook({ text, found: await call('POST /v1/suppressions/import', { body: text, query: { dryRun: 'true' } }) });
  };
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        Import
      </button>
      <Dialog title="Import a list" isOpen={isOpen} onClose={close}>
        {look === undefined ? (
          <Form submit="Look through it" onSubmit={first}>
            {() => (
              <label class="field">
                CSV, with a column email; reason, note and expiresAt where there are any
                <input type="file" name="file" accept=".csv,.tsv,.txt,text/csv" required />
              </label>
            )}
          </Form>
        ) : (
          <Form submit="Import" onSubmit={() => take(look.text)}>
            {() => <Found found={look.found} />}
          </Form>
        )}
      </Dialog>
    </>
  );
}

function Found({ found }: { found: Imported }) {
  const { added, changed, unchanged, refused, errors } = found;
  return (
    <>
      <p>
        {countText(added)} would be added, {countText(changed)} changed; {countText(unchanged)} say nothing new,{' '}
        {countText(refused)} are refused.
      </p>
      <ul class="faults">
        {errors.slice(0, 10).map(({ path, message }) => (
          <li key={path}>
            {path}: {message}
          </li>
        ))}
      </ul>
    </>
  );
}
