/** A setting of a provider as a reader sees it. */

export function settingText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
