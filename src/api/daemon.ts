/** The daemon itself, for the operator: where it really listens, whatever its configuration or its sockets say. */

import type * as z from 'zod';
import { IepError } from '../core/errors.ts';
import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { operatorRoute, type Route } from './route.ts';
import { daemonShape } from './shapes.ts';

export function daemonRoute({ version, listening }: AppDeps): Route {
  return operatorRoute({
    method: 'GET',
    path: '/v1/admin/daemon',
    summary: 'Version, data directory, and where it listens',
    answers: { 200: { description: 'The daemon', schema: daemonShape } },
    handle() {
      const now = listening?.();
      if (now === undefined) throw new IepError('not_found', 'No daemon answers this call');
      return json({ version: version.version, ...now } satisfies z.output<typeof daemonShape>);
    },
  });
}
