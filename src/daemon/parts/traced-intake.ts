/** The way in with a span around each commit, from which the attempts of its messages follow on. */

import type { Trace } from '../../base/observe/trace.ts';
import { IepError } from '../../core/errors.ts';
import type { Submission } from '../../core/message.ts';
import type { Accept } from '../../message/intake/accept.ts';

/** The very same function where nothing is traced. */
export function traceIntake(intake: Accept, trace: Trace | undefined): Accept {
  if (trace === undefined) return intake;

  function begin(traced: Trace, submission: Submission | undefined, tenantId: string, messages: number) {
    const facts = { 'iep.tenant_id': tenantId, 'iep.door': submission?.door ?? '', 'iep.messages': messages };
    return traced.start({ name: 'accept', kind: 'internal', parent: submission?.traceparent, facts });
  }

  return {
    ...intake,
    async accept(tenant, submission) {
      const span = begin(trace, submission, tenant.id, 1);
      try {
        const accepted = await intake.accept(tenant, from(submission, span.traceparent));
        span.end({ 'iep.message_id': accepted.messageId, 'iep.duplicate': accepted.duplicate });
        return accepted;
      } catch (error) {
        span.end(undefined, error instanceof IepError ? error.code : 'fault');
        throw error;
      }
    },
    async acceptAll(tenant, submissions) {
      const first = submissions.find((one): one is Submission => !(one instanceof IepError));
      const span = begin(trace, first, tenant.id, submissions.length);
      try {
        const answers = await intake.acceptAll(
          tenant,
          submissions.map((one) => (one instanceof IepError ? one : from(one, span.traceparent))),
        );
        span.end({ 'iep.refused': answers.filter((answer) => answer instanceof IepError).length });
        return answers;
      } catch (error) {
        span.end(undefined, error instanceof IepError ? error.code : 'fault');
        throw error;
      }
    },
  };
}

/** A trace that is not kept leaves nothing with the message. */
function from({ traceparent: _, ...submission }: Submission, traceparent: string | undefined): Submission {
  return traceparent === undefined ? submission : { ...submission, traceparent };
}
