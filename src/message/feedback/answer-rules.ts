/**
 * Mail that answers instead of telling what became of a message, as data: notes of absence and what programs answer, and
 * challenges that want a person to confirm something. Each rule with what was seen; expressions see one line at a time.
 */

export interface AnswerRule {
  readonly kind: 'auto_reply' | 'challenge';
  /** Of the header, in lower case. */
  readonly field: string;
  readonly value: RegExp;
  readonly samples: readonly string[];
}

/** The first that matches decides: a challenge is an automatic answer too. */
export const answerRules: readonly AnswerRule[] = [
  {
    kind: 'challenge',
    field: 'x-delivery-agent',
    value: /^TMDA\//,
    samples: ['TMDA/1.1.12 (Macallan)'],
  },
  {
    kind: 'challenge',
    field: 'x-mailer',
    value: /^(?:spam ?arrest|choicemail|boxbe)/i,
    samples: ['Spam Arrest', 'ChoiceMail Enterprise'],
  },
  {
    kind: 'challenge',
    field: 'subject',
    value:
      /^(?:re: )?(?:\[?(?:challenge|verification required|action required to deliver)\]?|please confirm (?:your (?:message|email)|that you sent)|confirm your email to )/i,
    samples: [
      'Please confirm your message',
      '[Challenge] Invoice 7',
      'Verification required: your message to bob@example.org',
      'Re: Please confirm that you sent this mail',
    ],
  },
  {
    kind: 'challenge',
    field: 'subject',
    value:
      /\(verification\)$|\b(?:antispam uol|is using spam ?arrest|you are not (?:yet )?on my (?:guest|approved|white) ?list)/i,
    samples: ['RES: Invoice 7 - AntiSpam UOL', 'Invoice 7 (verification)', 'You are not yet on my guest list'],
  },
  {
    kind: 'auto_reply',
    field: 'auto-submitted',
    value: /^auto-(?:replied|generated|notified)/i,
    samples: ['auto-replied', 'auto-generated (vacation)', 'auto-notified; owner-email="bob@example.org"'],
  },
  { kind: 'auto_reply', field: 'x-autoreply', value: /^(?!no\b)/i, samples: ['yes', 'True', ''] },
  { kind: 'auto_reply', field: 'x-autorespond', value: /^/, samples: ['Invoice 7', ''] },
  { kind: 'auto_reply', field: 'x-autoresponder', value: /^/, samples: ['vacation'] },
  { kind: 'auto_reply', field: 'x-mail-autoreply', value: /^/, samples: ['yes'] },
  { kind: 'auto_reply', field: 'precedence', value: /^auto[_-]?reply$/i, samples: ['auto_reply', 'auto-reply'] },
  {
    kind: 'auto_reply',
    field: 'content-type',
    value: /report-type="?disposition-notification/i,
    samples: ['multipart/report; report-type=disposition-notification; boundary="b"'],
  },
  {
    kind: 'auto_reply',
    field: 'subject',
    value:
      /^(?:re: |aw: )?(?:auto(?:matic)?[- ]?(?:reply|response)|automatische antwort|automatisch antwoord|réponse automatique|respuesta automática|resposta automática|risposta automatica|autosvar|automaattinen vastaus|odpowiedź automatyczna|automatická odpověď|автоответ|自动回复|自動応答)(?![a-z])/i,
    samples: [
      'Automatic reply: Invoice 7',
      'Auto-Reply: Invoice 7',
      'Automatische Antwort: Rechnung 7',
      'Réponse automatique : Facture 7',
      'Respuesta automática: Factura 7',
      'Автоответ: Счёт 7',
      '自动回复: 发票 7',
    ],
  },
  {
    kind: 'auto_reply',
    field: 'subject',
    value:
      /\bout of (?:the )?office\b|\babwesenheits(?:notiz|benachrichtigung)|\b(?:i am|i'm) (?:currently )?(?:away|on (?:holiday|vacation|leave))\b|absence du bureau|fuera de la oficina|fuori (?:sede|ufficio)|\bvacation (?:reply|message|response)\b/i,
    samples: [
      'Out of Office: Invoice 7',
      'I am out of the office',
      'Abwesenheitsnotiz: Rechnung 7',
      "I'm on vacation Re: Invoice 7",
    ],
  },
];
