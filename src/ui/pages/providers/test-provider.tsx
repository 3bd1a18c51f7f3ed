/** Connects and logs in there, and sends a small message where an address is given; shows what was said. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import type { ProviderTest } from '../../api/types.ts';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';

export function TestProvider({ name, onDone }: { name: string; onDone: () => void }) {
  const [isOpen, setOpen] = useState(false);
  const [result, setResult] = useState<ProviderTest>();
  const submit = async ({ to = '', from = '' }: Readonly<Record<string, string>>) => {
    const body = { ...(to && { to }), ...(from && { from }) };
    setResult(await call('POST /v1/admin/providers/{name}/test', { params: { name }, body }));
    onDone();
  };
  const close = () => {
    setOpen(false);
    setResult(undefined);
  };
  return (
    <>
      <button type="button" class="button small" onClick={() => setOpen(true)}>
        Test
      </button>
      <Dialog title={`Test ${name}`} isOpen={isOpen} onClose={close}>
        <Form submit="Test" onSubmit={submit}>
          {(faultOf) => (
            <>
              <Field
                label="Send a small message to"
                name="to"
                type="email"
                help="Empty: only connect and log in"
                fault={faultOf('to')}
              />
              <Field label="From" name="from" type="email" fault={faultOf('from')} />
              {result && <Result result={result} />}
            </>
          )}
        </Form>
      </Dialog>
    </>
  );
}

function Result({ result: { ok, detail, sent } }: { result: ProviderTest }) {
  return (
    <div class="note" data-tone={ok ? 'good' : 'bad'} role="status">
      <p>{detail}</p>
      {sent && (
        <p>
          {sent.outcome}: {sent.reply}
        </p>
      )}
      {sent?.transcript && <pre>{sent.transcript}</pre>}
    </div>
  );
}
