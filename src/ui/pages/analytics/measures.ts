/** What can be drawn over time: a rate of the recipients, or how many there were. */

import type { Analytics } from '../../api/types.ts';
import { countText } from '../../kit/time.tsx';

type Counts = Pick<Analytics['items'][number], 'recipients' | 'rates'>;

export interface Measure {
  readonly name: string;
  readonly word: string;
  readonly of: (counts: Counts) => number | null;
  readonly text: (value: number) => string;
}

const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 2 });
export const rateText = (rate: number | null): string => (rate === null ? '–' : percents.format(rate));

const rate = (name: keyof Counts['rates'], word: string): Measure => ({
  ...{ name, word, text: rateText },
  of: ({ rates }) => rates[name],
});

export const measures: readonly Measure[] = [
  rate('delivered', 'Delivered'),
  rate('bounced', 'Bounced'),
  rate('complained', 'Complained'),
  rate('opened', 'Opened by people'),
  rate('clicked', 'Clicked by people'),
  rate('openedByMachine', 'Opened by machines'),
  rate('clickedByMachine', 'Clicked by machines'),
  { name: 'recipients', word: 'Recipients', text: countText, of: ({ recipients }) => recipients },
];
