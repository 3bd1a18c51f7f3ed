/** The `X-IEP-…` fields: what a caller that can only send mail says where another would use the fields of the HTTP call. */

import type { FieldError } from '../../core/errors.ts';
import { isRecord } from '../../core/is-record.ts';
import { type Json, type Lane, lanes, type Submission, type TemplateUse } from '../../core/message.ts';
import { RFC_3339 } from '../../core/time-field.ts';
import { readTime } from '../../core/time-text.ts';
import { readTraceparent } from '../../core/traceparent.ts';
import { type AskedTracking, trackingNames } from '../../core/tracking.ts';

export type IepFields = Pick<
  Submission,
  | 'tags'
  | 'category'
  | 'lane'
  | 'idempotencyKey'
  | 'scheduledAt'
  | 'groupId'
  | 'traceparent'
  | 'unsubscribe'
  | 'tracking'
> & {
  /** What the message is made with in place of its body. */
  readonly made?: { readonly template: TemplateUse; readonly variables: { readonly [name: string]: Json } };
};

/**
 * Reads the values, given by name without `x-iep-` in lower case, in the order in which they stand; of each name but `tag`
 * the first holds. Notes what is wrong in `errors`. Names it does not know have no effect.
 */
export function readIepFields(
  values: readonly (readonly [name: string, value: string])[],
  errors: FieldError[],
): IepFields {
  const fields: { -readonly [K in keyof IepFields]: IepFields[K] } = {};
  const tags: string[] = [];
  const ofTemplate = new Map<string, string>();
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
      case 'unsubscribe':
        fields.unsubscribe ??= { category: value };
        break;
      case 'track':
        fields.tracking ??= readTracking(value, errors);
        break;
      case 'traceparent':
        if (readTraceparent(value) !== undefined) fields.traceparent = value;
        break;
      case 'template':
      case 'template-version':
      case 'locale':
      case 'variables':
        if (!ofTemplate.has(name)) ofTemplate.set(name, value);
    }
  }
  const made = readTemplate(ofTemplate, errors);
  return { ...fields, ...(tags.length > 0 && { tags }), ...(made && { made }) };
}

/** `opens, clicks`, or `off`. */
function readTracking(value: string, errors: FieldError[]): AskedTracking {
  const named = value
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((name) => name !== '' && name !== 'off');
  const known: readonly string[] = trackingNames;
  if (value.trim() === '' || named.some((name) => !known.includes(name))) {
    errors.push({ path: 'X-IEP-Track', message: `must be off, or some of ${known.join(', ')} with commas between` });
  }
  const has = (name: string) => named.includes(name);
  return { opens: has('opens'), clicks: has('clicks'), ...(has('anonymous') && { anonymous: true }) };
}

function readTemplate(values: ReadonlyMap<string, string>, errors: FieldError[]): IepFields['made'] {
  if (values.size === 0) return undefined;
  const name = values.get('template');
  if (name === undefined) {
    errors.push({
      path: 'X-IEP-Template',
      message: 'is missing: it names the template that the other fields are about',
    });
    return undefined;
  }
  const version = values.get('template-version');
  const locale = values.get('locale');
  return {
    template: {
      name,
      ...(version !== undefined && { version: Number(version) }),
      ...(locale !== undefined && { locale }),
    },
    variables: readVariables(values.get('variables'), errors),
  };
}

function readVariables(text: string | undefined, errors: FieldError[]): { readonly [name: string]: Json } {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value as { readonly [name: string]: Json };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  errors.push({ path: 'X-IEP-Variables', message: 'must be a JSON object, such as {"UserName": "Jo"}' });
  return {};
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
