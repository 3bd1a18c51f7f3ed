/** The `X-IEP-…` fields: what a caller that can only send mail says where another would use the fields of the HTTP call. */

import { type FieldError, IepError } from '../../core/errors.ts';
import { type Lane, lanes, type Submission } from '../../core/message.ts';
import { RFC_3339 } from '../../core/time-field.ts';
import { readTime } from '../../core/time-text.ts';
import { readTraceparent } from '../../core/traceparent.ts';

export type IepFields = Pick<
  Submission,
  'tags' | 'category' | 'lane' | 'idempotencyKey' | 'scheduledAt' | 'groupId' | 'traceparent'
>;

/**
 * Reads the values, given by name without `x-iep-` in lower case, in the order in which they stand; of each name but `tag`
 * the first holds. Notes what is wrong in `errors`. Names it does not know have no effect. Throws `not_supported` for what
 * this version cannot do.
 */
export function readIepFields(
  values: readonly (readonly [name: string, value: string])[],
  errors: FieldError[],
): IepFields {
  const fields: { -readonly [K in keyof IepFields]: IepFields[K] } = {};
  const tags: string[] = [];
  for (const [name, value] of values) {
    switch (name) {
      case 'tag':
        tags.push(
          ...value
            .split(',')
            .map((tag) => tag.trim())
            .filter((tag) => tag !== ''),
        );
        break;
      case 'category':
        fields.category ??= value;
        break;
      case 'priority':
        fields.lane ??= readLane(value, errors);
        break;
      case 'idempotency-key':
        fields.idempotencyKey ??= value;
        break;
      case 'scheduled-at':
        fields.scheduledAt ??= readScheduledAt(value, errors);
        break;
      case 'group':
        fields.groupId ??= value;
        break;
      case 'traceparent':
        if (readTraceparent(value) !== undefined) fields.traceparent = value;
        break;
      case 'template':
        throw new IepError('not_supported', 'X-IEP-Template: this version has no stored templates');
      case 'variables':
        throw new IepError('not_supported', 'X-IEP-Variables: they fill a stored template, and this version has none');
    }
  }
  return tags.length > 0 ? { ...fields, tags } : fields;
}

function readLane(value: string, errors: FieldError[]): Lane {
  const lane = lanes.find((one) => one === value.toLowerCase());
  if (lane === undefined) errors.push({ path: 'X-IEP-Priority', message: `must be ${lanes.join(', ')}` });
  return lane ?? 'normal';
}

function readScheduledAt(value: string, errors: FieldError[]): number {
  const at = readTime(value);
  if (at === undefined) errors.push({ path: 'X-IEP-Scheduled-At', message: `must be ${RFC_3339}` });
  return at ?? Number.NaN;
}
