/** Why a call did not do what was asked, in the words of the API. */

import type { Problem as ProblemBody } from './types.ts';

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly fields: NonNullable<ProblemBody['errors']>;

  constructor(status: number, body: Partial<ProblemBody>) {
    super(body.detail ?? body.title ?? `The daemon answered ${status}`);
    this.status = status;
    this.code = body.code ?? 'internal';
    this.hint = body.hint;
    this.fields = body.errors ?? [];
  }
}

/** The daemon does not answer at all. */
export class Gone extends Error {
  constructor() {
    super('The daemon does not answer');
  }
}
