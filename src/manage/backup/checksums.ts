/** The checksums of a backup, in the form of `sha256sum`, so that any system can check them. Blobs have theirs as names. */

export const CHECKSUMS = 'SHA256SUMS';

export function checksumsText(sums: ReadonlyMap<string, string>): string {
  return [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join('');
}

/** By name. Undefined when the text is not a list of checksums. */
export function parseChecksums(text: string): ReadonlyMap<string, string> | undefined {
  const sums = new Map<string, string>();
  for (const line of text.split('\n').slice(0, -1)) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}([a-z.]+)$/.exec(line) ?? [];
    if (sum === undefined || name === undefined) return undefined;
    sums.set(name, sum);
  }
  return sums;
}
