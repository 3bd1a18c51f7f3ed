/** Why a message is as it is, in words, and the buttons that mend it. */

import type { ComponentChildren } from 'preact';
import { call } from '../../api/call.ts';
import { isOperator } from '../../api/session.ts';
import type { Explanation, Message } from '../../api/types.ts';
import { Action } from '../../kit/action.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Ago, Sentence } from '../../kit/time.tsx';

interface WhyProps {
  readonly message: Message;
  readonly explanation: Explanation;
  readonly onDone: () => void;
}

const tones: Readonly<Record<string, string>> = {
  ...{ sent: 'good', delivered: 'good', suppressed: 'warn', cancelled: 'warn' },
  ...{ failed: 'bad', bounced: 'bad', complained: 'bad' },
};

export function Why({ message, explanation, onDone }: WhyProps) {
  const { summary, next, route } = explanation;
  const stuck = route.filter(({ standing }) => standing !== 'ready');
  const tone = message.dead ? 'bad' : (tones[message.status] ?? (stuck.length > 0 ? 'warn' : 'info'));
  return (
    <section class="note why" data-tone={tone} aria-label="Why it is as it is">
      <p>
        <strong>
          <Sentence text={summary} />
        </strong>
      </p>
      {next && next.reason !== summary && (
        <p>
          <Sentence text={next.reason} />
          {next.at && (
            <>
              {' '}
              (<Ago at={next.at} />)
            </>
          )}
        </p>
      )}
      {stuck.length > 0 && <Route route={route} />}
      <Mending message={message} explanation={explanation} onDone={onDone} />
    </section>
  );
}

function Route({ route }: { route: Explanation['route'] }) {
  return (
    <p class="row">
      {route.map(({ provider, standing }) => (
        <span key={provider}>
          {isOperator() ? <a href={`/ui/providers#${provider}`}>{provider}</a> : provider} <Pill state={standing} />
        </span>
      ))}
    </p>
  );
}

/** Only what helps this message. */
function Mending({ message, explanation, onDone }: WhyProps) {
  const { messageId: id, status, nextAttemptAt } = message;
  const then = (sentence: string) => {
    onDone();
    return sentence;
  };
  const suppressed = explanation.recipients.filter((one) => one.suppressed);
  const buttons: ComponentChildren[] = suppressed.map(({ email }) => (
    <Action
      key={email}
      look="small"
      confirm={`${email} may be mailed again by this tenant, and this message is tried again.`}
      run={async () => {
        await call('DELETE /v1/suppressions/{email}', { params: { email } });
        await call('POST /v1/messages/{id}/retry', { params: { id } });
        return then(`${email} is off the list, and the message is tried again`);
      }}
    >
      Take {email} off the suppression list and retry
    </Action>
  ));
  if (status === 'queued' && nextAttemptAt !== null && message.attempts > 0) {
    buttons.push(
      <Action
        key="now"
        look="small"
        run={async () => {
          await call('POST /v1/messages/{id}/retry', { params: { id } });
          return then('It is tried now');
        }}
      >
        Try now
      </Action>,
    );
  }
  return buttons.length === 0 ? null : <p class="row">{buttons}</p>;
}
