/** A setting of a provider as a reader sees it. */

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
