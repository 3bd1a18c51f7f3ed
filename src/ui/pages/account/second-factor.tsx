/** Codes of an authenticator: set up with a QR code, with recovery codes in their place, and taken away. */

import { useState } from 'preact/hooks';
import { call } from '../../api/call.ts';
import { session } from '../../api/session.ts';
import { refresh } from '../../api/sign-in.ts';
import type { Calls } from '../../api/types.ts';
import { Action } from '../../kit/action.tsx';
import { Dialog } from '../../kit/dialog.tsx';
import { Field, Form } from '../../kit/form.tsx';
import { Panel } from '../../kit/panel.tsx';
import { Command, Copy } from '../../kit/states.tsx';
import { QrCode } from './qr-code.tsx';

type Offer = Calls['POST /v1/session/totp']['answer'];

export function SecondFactor() {
  const [offer, setOffer] = useState<Offer>();
  const [codes, setCodes] = useState<readonly string[]>();
  const now = session.value;
  if (now.kind !== 'person') return null;
  const { totp, recoveryCodes } = now.account.factors;
  const begin = async () => {
    setOffer(await call('POST /v1/session/totp', {}));
    return undefined;
  };
  const confirm = async ({ totp: code = '' }: Readonly<Record<string, string>>) => {
    const answer = await call('POST /v1/session/totp/confirm', { body: { totp: code } });
    setOffer(undefined);
    setCodes(answer.recoveryCodes);
  };
  const renew = async () => {
    const answer = await call('POST /v1/session/recovery-codes', {});
    setCodes(answer.recoveryCodes);
    return undefined;
  };
  const remove = async () => {
    await call('DELETE /v1/session/totp', {});
    await refresh();
    return 'The password alone signs you in now';
  };
  /** Only now, because the page may be another then. */
  const kept = () => {
    setCodes(undefined);
    void refresh();
  };
  return (
    <Panel title="Codes of an authenticator">
      {totp ? (
        <>
          <p>
            The password needs a code besides. {recoveryCodes} of your recovery codes{' '}
            {recoveryCodes === 1 ? 'is' : 'are'} left.
          </p>
          <footer class="form-foot">
            <Action run={renew} confirm="The recovery codes that you have stop working.">
              New recovery codes
            </Action>
            <Action run={remove} confirm="The password alone signs you in then; your recovery codes stop working.">
              Remove
            </Action>
          </footer>
        </>
      ) : (
        <>
          <p>An app on your phone shows a code of six digits, which the password needs besides.</p>
          <footer class="form-foot">
            <Action run={begin}>Set up an authenticator</Action>
          </footer>
        </>
      )}
      <Dialog title="Set up an authenticator" isOpen={offer !== undefined} onClose={() => setOffer(undefined)}>
        {offer && <Confirm offer={offer} onSubmit={confirm} />}
      </Dialog>
      <Dialog title="Your recovery codes" isOpen={codes !== undefined} onClose={kept}>
        {codes && <RecoveryCodes codes={codes} onKept={kept} />}
      </Dialog>
    </Panel>
  );
}

interface ConfirmProps {
  readonly offer: Offer;
  readonly onSubmit: (values: Readonly<Record<string, string>>) => Promise<void>;
}

function Confirm({ offer: { secret, uri }, onSubmit }: ConfirmProps) {
  return (
    <>
      <p>Read this with the app, or type the secret. Then type the code that the app shows.</p>
      <QrCode text={uri} label="QR code for an authenticator; the secret stands below" />
      <Command text={secret} />
      <Form submit="Confirm" onSubmit={onSubmit}>
        {(faultOf) => (
          <Field
            label="Code"
            name="totp"
            inputMode="numeric"
            autocomplete="one-time-code"
            required
            fault={faultOf('totp')}
          />
        )}
      </Form>
    </>
  );
}

function RecoveryCodes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
  return (
    <>
      <p>They are shown this once. Each signs you in once, where you do not have the authenticator. Keep them safe.</p>
      <ul class="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <footer class="form-foot">
        <Copy text={codes.join('\n')} label="Copy all" />
        <button type="button" class="button primary" onClick={onKept}>
          I have kept them
        </button>
      </footer>
    </>
  );
}
