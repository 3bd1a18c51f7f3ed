/** What the stories of the dashboard are told on: one daemon, one browser, a tab each. */

import type { Platform } from './platform.ts';
import type { Visit, VisitOptions } from './visit.ts';

export interface Stage {
  readonly platform: Platform;
  /** A tab, signed in with the tenant's key unless another is given; it is closed behind the story. `to`: another daemon. */
  come(options?: VisitOptions & { readonly to?: Platform }): Promise<Visit>;
  /** Hands in a message of the tenant `default`. */
  send(subject: string, to?: string): Promise<string>;
}
