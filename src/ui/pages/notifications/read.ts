/** Fields of forms as the API takes them. */

/** Undefined where nothing was typed. */
export function numberOf(text: string | undefined): number | undefined {
  return text ? Number(text) : undefined;
}

/** Null where nothing was typed; rejects what is no JSON by the name of its field. */
export function jsonOf(label: string, text = ''): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${label} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function jsonText(value: unknown): string {
  return value === null || value === undefined ? '' : JSON.stringify(value, undefined, 2);
}

export function withoutNulls(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
