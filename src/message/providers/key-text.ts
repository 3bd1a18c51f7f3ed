/** A key, a token or a client secret, as a setting: what was copied with it is seen when it is set. */

import * as z from 'zod';

/** HTTP carries nothing else in a header (RFC 9110 §5.5), and OAuth2 has no other client secrets (RFC 6749 appendix A.2). */
export const keyText = z
  .string()
  .min(1)
  .max(16 * 1024)
  .regex(/^[\x20-\x7e]*$/, 'contains a line break, an invisible character or one that is not ASCII; copy it again');
