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
  if ('actor' in data) return readerOf(data);
  const said = ['reply', 'reason', 'error', 'provider'].map((name) => Reflect.get(data, name));
  return said.find((value) => typeof value === 'string') ?? '';
}

/** Who opened the mail or followed its link, and where that leads. */
function readerOf(data: object): string {
  const [actor, rule, url] = ['actor', 'rule', 'url'].map((name) => Reflect.get(data, name));
  const who = typeof rule === 'string' && actor === 'machine' ? `${actor} (${rule})` : String(actor);
  return typeof url === 'string' ? `${who}: ${url}` : who;
}
