/** The body of a PATCH: what is left out stays, null takes a field away. Whether the whole is right is seen once it is merged. */

import * as z from 'zod';

export function patchOf(fields: z.ZodRawShape): z.ZodType<Record<string, unknown>> {
  return z.strictObject(
    Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, fieldOrNull(field as z.ZodType)])),
  );
}

function fieldOrNull(field: z.ZodType): z.ZodType {
  return z
    .unknown()
    .meta(z.toJSONSchema(field, { io: 'input', unrepresentable: 'any' }))
    .optional();
}
