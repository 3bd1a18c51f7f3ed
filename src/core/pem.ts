/** PEM text in settings. */

import * as z from 'zod';

export const pem = z
  .string()
  .refine((text) => text.includes('-----BEGIN'), 'Give PEM text, for example as `file:PATH`');
