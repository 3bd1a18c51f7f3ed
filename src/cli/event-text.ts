/** What the data of an event says, in a few words for a person; empty where it says nothing. */

export function saidIn(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  if ('rate' in data && 'limit' in data && 'recipients' in data) {
    const percent = (part: unknown) => `${(Number(part) * 100).toFixed(2)} %`;
    const paused = 'paused' in data && data.paused === true ? '; its queue is paused' : '';
    return `${percent(data.rate)} of ${data.recipients} recipients, the limit is ${percent(data.limit)}${paused}`;
  }
  if ('class' in data && 'source' in data) {
    return [data.class, 'diagnostic' in data ? data.diagnostic : undefined].filter(Boolean).join(': ');
  }
  const said = ['reply', 'reason', 'error', 'provider'].map((name) => Reflect.get(data, name));
  return said.find((value) => typeof value === 'string') ?? '';
}
