/** What the pages say. */

export interface Words {
  readonly lang: 'de' | 'en' | 'es' | 'fr';
  readonly gone: { readonly title: string; readonly text: string };
  readonly unsubscribe: {
    readonly ask: string;
    readonly gets: (address: string, category: string, sender: string) => string;
    readonly category: (category: string) => string;
    readonly all: string;
    readonly done: string;
    readonly off: (address: string, category: string) => string;
    readonly allOff: (address: string, sender: string) => string;
    readonly still: string;
    readonly again: string;
    readonly on: string;
    readonly isOn: (address: string, category: string) => string;
    readonly preferences: string;
  };
  readonly preferences: {
    readonly title: string;
    readonly whose: (who: string, sender: string) => string;
    readonly all: string;
    readonly on: string;
    readonly category: string;
    readonly kinds: string;
    readonly often: string;
    readonly asSent: string;
    readonly frequencies: Readonly<Record<'immediate' | 'hourly' | 'daily' | 'weekly', string>>;
    readonly channels: Readonly<Record<'email' | 'slack' | 'teams' | 'webhook', string>>;
    readonly quiet: string;
    readonly quietOn: string;
    readonly from: string;
    readonly to: string;
    readonly zone: string;
    readonly ownZone: (zone: string) => string;
    readonly days: string;
    readonly weekdays: Readonly<Record<'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun', string>>;
    readonly save: string;
    readonly saved: string;
    readonly wrong: string;
  };
  readonly acknowledge: {
    readonly ask: string;
    readonly since: string;
    readonly button: string;
    readonly done: string;
    readonly text: string;
    readonly by: (who: string) => string;
    readonly cancelled: string;
  };
}
