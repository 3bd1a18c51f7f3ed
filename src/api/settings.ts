/** The configuration in force, for the operator. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { type AppDeps, settingSources } from './deps.ts';
import { json } from './reply.ts';
import { operatorRoute, type Route } from './route.ts';
import { textOrNull } from './shapes.ts';

const settingsShape = z.strictObject({
  file: textOrNull.describe('The file that it came from'),
  waiting: z.array(z.string()).describe('What was read again with another value, which holds after a restart'),
  items: z.array(
    z.strictObject({
      path: z.string().describe('As in `http.port`'),
      value: z.string().describe('A list as JSON; secrets are hidden'),
      source: z.enum(settingSources).describe('`command`: an option of `iep serve`, or made by a command'),
      from: textOrNull.describe('The variable, the option or the file'),
    }),
  ),
});

export function settingsRoute({ settings }: AppDeps): Route {
  return operatorRoute({
    method: 'GET',
    path: '/v1/admin/settings',
    summary: 'The configuration in force, with where each value comes from',
    answers: { 200: { description: 'The values', schema: settingsShape } },
    async handle() {
      if (settings === undefined) throw new IepError('not_found', 'No daemon answers this call');
      const { file, waiting, rows } = await settings();
      return json({
        file: file ?? null,
        waiting: [...waiting],
        items: rows.map(({ from, ...row }) => ({ ...row, from: from ?? null })),
      } satisfies z.output<typeof settingsShape>);
    },
  });
}
