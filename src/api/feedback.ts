/** What came back about mail, for the operator: handed in, and looked at. */

import * as z from 'zod';
import type { AppDeps } from './deps.ts';
import { filterText } from './filter-text.ts';
import { limitField, positionCursorField } from './paging.ts';
import { json } from './reply.ts';
import { type BodySpec, operatorAction, operatorRoute, type Route } from './route.ts';
import { feedbackShape, importedFeedbackShape, pageOf } from './shapes.ts';
import { spanField } from './time.ts';
import { feedbackView, importedFeedbackView } from './views.ts';

const PATH = '/v1/admin/feedback';

const mailBody: BodySpec<Uint8Array> = {
  type: 'message/rfc822',
  required: true,
  example: 'From: MAILER-DAEMON@example.org\r\nSubject: failure notice\r\n\r\nIt did not work out.\r\n',
  read(input) {
    if (!(input instanceof Uint8Array)) throw new Error('The body of an import is its bytes');
    return input;
  },
};

export function feedbackRoutes({ store, manage }: AppDeps): readonly Route[] {
  return [
    operatorRoute({
      method: 'GET',
      path: PATH,
      summary: 'What came back about mail and what became of it, newest first',
      query: z.strictObject({
        provider: filterText.optional().describe('Its name'),
        since: spanField.transform(({ startsAt }) => startsAt).optional(),
        limit: limitField,
        cursor: positionCursorField,
      }),
      answers: { 200: { description: 'A page', schema: pageOf(feedbackShape) } },
      async handle({ query: { provider, since, limit, cursor }, gone }) {
        const page = await store.feedback.list(
          {
            limit,
            ...(provider !== undefined && { provider }),
            ...(since !== undefined && { since }),
            ...(cursor !== undefined && { cursor }),
          },
          gone,
        );
        return json({ items: page.items.map(feedbackView), cursor: page.cursor ?? null });
      },
    }),
    operatorAction('feedback.import', {
      method: 'POST',
      path: `${PATH}/import`,
      summary: 'Take a mail that came back, or an mbox file of at most 1,000, and say what each became',
      query: z.strictObject({
        unproved: z
          .enum(['true', 'false'])
          .default('false')
          .describe(
            'Anybody may have written it: a complaint, or a bounce of one of several, that came to no return path is held against nobody',
          ),
      }),
      body: mailBody,
      answers: { 200: { description: 'One for each recipient of each mail', schema: importedFeedbackShape } },
      async handle({ caller, query, body, note, gone }) {
        const given = { bytes: body, isUnproved: query.unproved === 'true' };
        const reports = await manage.feedback.import(caller, given, gone);
        note({ reports: reports.length, matched: reports.filter(({ taken }) => taken.match !== undefined).length });
        return json(importedFeedbackView(reports));
      },
    }),
  ];
}
