/** Header fields of one line each in front of a message that is whole; a list of URLs has a line for each (RFC 5322 §2.2.3). */

export function fieldLines(fields: readonly (readonly [name: string, value: string])[]): string {
  return fields.map(([name, value]) => `${name}: ${value.replaceAll('>, <', '>,\r\n <')}\r\n`).join('');
}
