/** Takes in a list from elsewhere: looked through first, so that nothing is added by mistake. */

import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import type { Calls } from '../api/types.ts';
import { Dialog } from './dialog.tsx';
import { Form } from './form.tsx';
import { countText } from './time.tsx';
import { say } from './toast.tsx';

type Import = 'POST /v1/suppressions/import' | 'POST /v1/subscribers/import';
type Imported = Calls[Import]['answer'];

interface ImportProps {
  readonly to: Import;
  /** What the file has to hold. */
  readonly columns: string;
  readonly onDone: () => void;
}

export function ImportFile({ to, columns, onDone }: ImportProps) {
  const [isOpen, setOpen] = useState(false);
  const [look, setLook] = useState<{ text: string; found: Imported }>();
  const close = () => {
    setOpen(false);
    setLook(undefined);
  };
  const take = async (text: string) => {
    const { added, changed } = await call(to, { body: text });
    close();
    say(`${countText(added)} added, ${countText(changed)} changed`);
    onDone();
  };
  const first = async (_: unknown, form: HTMLFormElement) => {
    const file = new FormData(form).get('file');
    const text = file instanceof File ? await file.text() : '';
    setLook({ text, found: await call(to, { body: text, query: { dryRun: 'true' } }) });
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
                CSV, with {columns}
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
