/** What becomes of the mails of a trial, as their vendors tell it: the same whenever it is asked for. */

export interface Mail {
  readonly messageId: string;
  readonly address: string;
  /** Among all of the trial, from 0. */
  readonly number: number;
}

export const isBounced = ({ number }: Mail) => number % 5 === 0;
export const isComplained = ({ number }: Mail) => number % 7 === 0;
export const isSuppressed = (mail: Mail) => isComplained(mail) || isBounced(mail);

export function statusOf(mail: Mail): string {
  return isComplained(mail) ? 'complained' : isBounced(mail) ? 'bounced' : 'delivered';
}

/** Of `count` events, in order. */
export function kindsOf(mail: Mail, count: number): readonly string[] {
  const some = ['delivered', 'opened', 'clicked'];
  if (isBounced(mail)) some.push('bounced');
  if (isComplained(mail)) some.push('complained');
  const more = Array.from({ length: count - some.length }, (_, at) => (at % 2 === 0 ? 'opened' : 'clicked'));
  return [...some, ...more];
}

/** Recipients by what became of them. */
export function tallyOf(all: readonly Mail[]): Readonly<Record<string, number>> {
  return {
    ...{ recipients: all.length, delivered: all.length, opened: all.length, clicked: all.length },
    ...{ bounced: all.filter(isBounced).length, complained: all.filter(isComplained).length },
  };
}
