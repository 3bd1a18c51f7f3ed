/** What a schema has against a value, as the end of a sentence that begins with the name of the field. */

import type * as z from 'zod';

/** For zod's `error` option. Undefined leaves it to the schema, whose own messages are sentences of ours. */
export function schemaWords(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value: unknown) => JSON.stringify(value)).join(' or ')}`;
    case 'too_small':
      return issue.inclusive === false
        ? `must be more than ${issue.minimum}`
        : bound('least', issue.origin, issue.minimum);
    case 'too_big':
      return issue.inclusive === false
        ? `must be less than ${issue.maximum}`
        : bound('most', issue.origin, issue.maximum);
    case 'invalid_union':
      return unionWords(issue);
    case 'invalid_key':
      return 'is not a name that is allowed here';
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? 'of another form'}`;
    default:
      return undefined;
  }
}

/** `most 5`, `least 3 characters`. What `origin` says of a number is its value; elsewhere it is a length. */
function bound(which: 'least' | 'most', origin: string, count: number | bigint): string {
  if (['number', 'int', 'bigint'].includes(origin)) return `must be at ${which} ${count}`;
  const one = origin === 'string' ? 'character' : 'item';
  return `must have at ${which} ${count} ${Number(count) === 1 ? one : `${one}s`}`;
}

function unionWords(issue: z.core.$ZodRawIssue & { readonly code: 'invalid_union' }): string | undefined {
  const { options } = issue as { readonly options?: readonly unknown[] };
  return options === undefined ? undefined : `must be ${options.map((value) => JSON.stringify(value)).join(' or ')}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
};

const formats: Readonly<Record<string, string>> = {
  url: 'a URL such as https://app.example.com',
  uuid: 'an id',
  email: 'an address such as jo@example.com',
};
