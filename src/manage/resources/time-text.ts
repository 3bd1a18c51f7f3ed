/** A time of a manifest, in the one spelling by which two are compared. */

import { timeField } from '../../core/time-field.ts';

/** RFC 3339 in UTC, with milliseconds. */
export const timeText = timeField.transform((at) => new Date(at).toISOString());
