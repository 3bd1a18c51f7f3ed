/** Callbacks of vendors. No key of ours is asked for: what they say counts where it proves that it is theirs. */

import type { AppDeps } from './deps.ts';
import { json } from './reply.ts';
import { type BodySpec, publicHook, type RawBody, type Route } from './route.ts';
import { takenCallbackShape } from './shapes.ts';

/** Any type: vendors post JSON, and some call it text. */
const callbackBody: BodySpec<RawBody> = {
  type: '*/*',
  required: true,
  read: (input) => input as RawBody,
};

export function hookRoute({ manage }: Pick<AppDeps, 'manage'>): Route {
  return publicHook({
    method: 'POST',
    path: '/hooks/:provider',
    // A vendor posts to the URL as somebody entered it there.
    alias: '/hooks/:provider/',
    summary: 'Take what the vendor of a provider tells of its mail; a signature of the vendor proves it',
    body: callbackBody,
    answers: { 200: { description: 'All of it is on disk', schema: takenCallbackShape } },
    async handle({ param, header, body: { bytes, json: read }, note }) {
      const taken = await manage.callbacks.take(param('provider'), { header, body: bytes, json: read });
      note({ provider: param('provider'), ...taken });
      return json(taken);
    },
  });
}
