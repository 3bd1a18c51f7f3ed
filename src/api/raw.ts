/** A message that is whole already: what `iep sendmail` hands in, and programs that make their own MIME. */

import { hostname } from 'node:os';
import { addressFault } from '../core/address.ts';
import { invalid } from '../core/invalid.ts';
import { readMailbox } from '../core/mailbox-list.ts';
import type { Submission } from '../core/message.ts';
import { decodePercent, readRcptList } from '../message/rfc5322/rcpt-list.ts';
import { acceptedAnswers, acceptOne } from './accept-one.ts';
import type { AppDeps } from './deps.ts';
import { type BodySpec, type Route, tenantRoute } from './route.ts';

const MAIL_FROM = 'x-iep-mail-from';
const RCPT_TO = 'x-iep-rcpt-to';

const rawBody: BodySpec<Buffer> = {
  type: 'message/rfc822',
  required: true,
  example: 'From: app@example.com\r\nTo: user@example.org\r\nSubject: Hello\r\n\r\nIt works.\r\n',
  read(input) {
    if (!Buffer.isBuffer(input)) throw new Error('The body of a whole message is its bytes');
    return input;
  },
};

export function rawRoute(deps: AppDeps, door: Submission['door']): Route {
  return tenantRoute(['send'], {
    method: 'POST',
    path: '/v1/messages/raw',
    summary: 'Send a message that is whole already (RFC 5322); it goes out as it is, as over SMTP',
    body: rawBody,
    headers: {
      [MAIL_FROM]: 'Reverse path, empty for the null sender; left out: the address of its From',
      [RCPT_TO]:
        'Recipients with commas between, percent-encoded where needed; left out: those of the field X-IEP-Rcpt-To of the message, which holds more than a header of HTTP, else those of To, Cc and Bcc',
      'idempotency-key': 'The same key again answers with the first message and sends nothing',
    },
    answers: acceptedAnswers,
    async handle(call) {
      const mailFrom = call.header(MAIL_FROM);
      const rcptTo = call.header(RCPT_TO);
      const idempotencyKey = call.header('idempotency-key');
      // Loaded with the first whole message: its parsers are half of what a command that sends JSON would load.
      const { readRawMessage } = await import('../message/rfc5322/raw-message.ts');
      const submission = await readRawMessage(
        deps.blobs,
        {
          door,
          id: deps.newId(),
          now: deps.clock.now(),
          arrival: { by: hostname(), protocol: door === 'http' ? 'HTTP' : 'local' },
          // The door has bounded it already.
          maxBytes: call.body.length,
          ...(mailFrom !== undefined && { envelopeFrom: mailFrom === '' ? '' : readAddress(mailFrom, MAIL_FROM) }),
          ...(rcptTo !== undefined && { rcpt: readList(rcptTo) }),
        },
        call.body,
      );
      if (idempotencyKey === undefined) return acceptOne(deps, call, submission);
      if ((submission.idempotencyKey ?? idempotencyKey) !== idempotencyKey) {
        const message = 'differs from the Idempotency-Key header; give one of them';
        throw invalid([{ path: 'X-IEP-Idempotency-Key', message }]);
      }
      return acceptOne(deps, call, { ...submission, idempotencyKey });
    },
  });
}

function readList(text: string): readonly string[] {
  const { addresses, faults } = readRcptList(text);
  if (faults.length > 0) throw invalid(faults.map((message) => ({ path: RCPT_TO, message })));
  return addresses;
}

function readAddress(text: string, path: string): string {
  const decoded = decodePercent(text);
  const mailbox = readMailbox(decoded);
  if (mailbox === undefined) throw invalid([{ path, message: addressFault(decoded) }]);
  return mailbox.email;
}
