/** The doctor's findings, for the operator: an examination is begun, and what it has found so far can be read. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { rfc3339, rfc3339OrNull } from '../core/rfc3339.ts';
import { levels } from '../manage/doctor/finding.ts';
import type { AppDeps, DoctorRun } from './deps.ts';
import { json } from './reply.ts';
import { operatorAction, operatorRoute, type Route } from './route.ts';
import { textOrNull, timeOrNull } from './shapes.ts';

const findingShape = z.strictObject({
  check: z.string().describe('What was looked at: `disk`, `provider relay`'),
  level: z.enum(levels),
  detail: z.string(),
  advice: textOrNull.describe('What to do; always there where something is wrong'),
});

const examinationShape = z.strictObject({
  startedAt: timeOrNull.describe('null: nobody has asked for one since the daemon began'),
  endedAt: timeOrNull.describe('null while it goes on'),
  items: z.array(findingShape),
});

export function doctorRoutes({ doctor, audit }: AppDeps): readonly Route[] {
  function present() {
    if (doctor === undefined) throw new IepError('not_found', 'No daemon answers this call');
    return doctor;
  }
  return [
    operatorRoute({
      method: 'GET',
      path: '/v1/admin/doctor',
      summary: 'What the latest examination has found',
      answers: { 200: { description: 'The findings, those that are well included', schema: examinationShape } },
      handle: () => json(runView(present().latest())),
    }),
    operatorAction('doctor.run', {
      method: 'POST',
      path: '/v1/admin/doctor',
      summary: 'Look for what is wrong: it changes nothing, and may take half a minute',
      answers: { 202: { description: 'The examination goes on', schema: examinationShape } },
      handle: ({ caller }) =>
        audit.act(caller, { action: 'doctor.run' }, async () => json(runView(present().start()), 202)),
    }),
  ];
}

function runView(run: DoctorRun | undefined): z.output<typeof examinationShape> {
  return {
    startedAt: run === undefined ? null : rfc3339(run.startedAt),
    endedAt: rfc3339OrNull(run?.endedAt),
    items: (run?.findings ?? []).map(({ advice, ...finding }) => ({ ...finding, advice: advice ?? null })),
  };
}
