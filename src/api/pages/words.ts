/** What the pages say, in German and English. */

export interface Words {
  readonly lang: 'de' | 'en';
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

const en: Words = {
  lang: 'en',
  gone: {
    title: 'This link does not work',
    text: 'It was cut short on its way, or what it was for is not there any more. Open it from the mail once more, or answer that mail.',
  },
  unsubscribe: {
    ask: 'Unsubscribe?',
    gets: (address, category, sender) => `${address} gets mail of the kind “${category}” from ${sender}.`,
    category: (category) => `Turn off “${category}”`,
    all: 'Turn off all mail that can be turned off',
    done: 'You are unsubscribed',
    off: (address, category) => `${address} gets no mail of the kind “${category}” any more.`,
    allOff: (address, sender) => `${address} gets no mail from ${sender} any more that can be turned off.`,
    still: 'Mail that you need, such as a link for a new password, still comes.',
    again: 'Turn it on again',
    on: 'You are subscribed again',
    isOn: (address, category) => `${address} gets mail of the kind “${category}” again.`,
    preferences: 'All settings',
  },
  preferences: {
    title: 'What you want to be told',
    whose: (who, sender) => `For ${who}, by ${sender}. What you need to know at once always comes.`,
    all: 'Everything',
    on: 'Tell me',
    category: 'Tell me of these',
    kinds: 'Of these kinds:',
    often: 'How often',
    asSent: 'As it is sent',
    frequencies: { immediate: 'At once', hourly: 'Every hour', daily: 'Every day', weekly: 'Every week' },
    channels: { email: 'by e-mail', slack: 'by Slack', teams: 'by Teams', webhook: 'by webhook' },
    quiet: 'Quiet hours',
    quietOn: 'Hold what comes in these hours until they end',
    from: 'From',
    to: 'to',
    zone: 'Time zone',
    ownZone: (zone) => `Mine (${zone})`,
    days: 'They begin on:',
    weekdays: { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' },
    save: 'Save',
    saved: 'It is saved, and holds from now on.',
    wrong: 'Nothing is saved: the hours must be times such as 22:00, and the time zone one of the list.',
  },
  acknowledge: {
    ask: 'Do you see to it?',
    since: 'Told on',
    button: 'Yes, I see to it',
    done: 'Somebody sees to it',
    text: 'Nobody else is told. Acknowledged on',
    by: (who) => `by ${who}`,
    cancelled: 'It was cancelled',
  },
};

const de: Words = {
  lang: 'de',
  gone: {
    title: 'Dieser Link geht nicht',
    text: 'Er ist unterwegs gekürzt worden, oder es gibt nicht mehr, wofür er war. Öffnen Sie ihn noch einmal aus der E-Mail, oder antworten Sie auf diese.',
  },
  unsubscribe: {
    ask: 'Abbestellen?',
    gets: (address, category, sender) => `${address} bekommt E-Mails der Art „${category}“ von ${sender}.`,
    category: (category) => `„${category}“ abbestellen`,
    all: 'Alles abbestellen, was sich abbestellen lässt',
    done: 'Abbestellt',
    off: (address, category) => `${address} bekommt keine E-Mails der Art „${category}“ mehr.`,
    allOff: (address, sender) => `${address} bekommt von ${sender} keine E-Mails mehr, die sich abbestellen lassen.`,
    still: 'Nötige E-Mails, etwa mit einem Link für ein neues Passwort, kommen weiterhin.',
    again: 'Wieder bestellen',
    on: 'Wieder bestellt',
    isOn: (address, category) => `${address} bekommt wieder E-Mails der Art „${category}“.`,
    preferences: 'Alle Einstellungen',
  },
  preferences: {
    title: 'Was Sie erfahren möchten',
    whose: (who, sender) => `Für ${who}, von ${sender}. Was Sie sofort wissen müssen, kommt immer.`,
    all: 'Alles',
    on: 'Benachrichtigen',
    category: 'Hiervon benachrichtigen',
    kinds: 'Von diesen Arten:',
    often: 'Wie oft',
    asSent: 'Wie es kommt',
    frequencies: { immediate: 'Sofort', hourly: 'Stündlich', daily: 'Täglich', weekly: 'Wöchentlich' },
    channels: { email: 'per E-Mail', slack: 'per Slack', teams: 'per Teams', webhook: 'per Webhook' },
    quiet: 'Ruhezeit',
    quietOn: 'Was in dieser Zeit kommt, bis zu ihrem Ende aufheben',
    from: 'Von',
    to: 'bis',
    zone: 'Zeitzone',
    ownZone: (zone) => `Meine (${zone})`,
    days: 'Sie beginnt am:',
    weekdays: { mon: 'Mo', tue: 'Di', wed: 'Mi', thu: 'Do', fri: 'Fr', sat: 'Sa', sun: 'So' },
    save: 'Speichern',
    saved: 'Gespeichert; es gilt ab jetzt.',
    wrong: 'Nichts ist gespeichert: Die Ruhezeit braucht Uhrzeiten wie 22:00, und eine Zeitzone aus der Liste.',
  },
  acknowledge: {
    ask: 'Kümmern Sie sich darum?',
    since: 'Gemeldet am',
    button: 'Ja, ich kümmere mich',
    done: 'Jemand kümmert sich darum',
    text: 'Weiter wird niemand verständigt. Bestätigt am',
    by: (who) => `von ${who}`,
    cancelled: 'Es wurde abgebrochen',
  },
};

const languages = { de, en } as const;

/**
 * `wishes`: languages as people name them, the strongest first, such as `de-AT`; the last may be an Accept-Language. English where none
 * of them is here.
 */
export function wordsFor(...wishes: readonly (string | undefined)[]): Words {
  for (const wish of wishes) {
    for (const tag of byPreference(wish ?? '')) {
      const language = tag.toLowerCase().split('-')[0];
      if (language === 'de' || language === 'en') return languages[language];
    }
  }
  return en;
}

/** RFC 9110 §12.5.4: what is not wanted at all is left out. */
function byPreference(header: string): readonly string[] {
  return header
    .slice(0, 1_000)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const quality = parameters.find((one) => one.startsWith('q='))?.slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) || 0 };
    })
    .filter(({ tag, quality }) => tag !== '' && quality > 0)
    .sort((one, other) => other.quality - one.quality)
    .map(({ tag }) => tag);
}
