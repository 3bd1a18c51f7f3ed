/** The pages in French. */

import type { Words } from '../words.ts';

export const fr: Words = {
  lang: 'fr',
  gone: {
    title: 'Ce lien ne fonctionne pas',
    text: 'Il a été tronqué en chemin, ou ce à quoi il menait n’existe plus. Ouvrez-le de nouveau depuis l’e-mail, ou répondez à cet e-mail.',
  },
  unsubscribe: {
    ask: 'Se désabonner ?',
    gets: (address, category, sender) => `${address} reçoit des e-mails du type « ${category} » de ${sender}.`,
    category: (category) => `Ne plus recevoir « ${category} »`,
    all: 'Ne plus recevoir aucun des e-mails que l’on peut refuser',
    done: 'Vous êtes désabonné',
    off: (address, category) => `${address} ne reçoit plus d’e-mails du type « ${category} ».`,
    allOff: (address, sender) => `${address} ne reçoit plus de ${sender} aucun des e-mails que l’on peut refuser.`,
    still: 'Les e-mails nécessaires, comme un lien pour un nouveau mot de passe, arrivent toujours.',
    again: 'Recevoir de nouveau',
    on: 'Vous êtes de nouveau abonné',
    isOn: (address, category) => `${address} reçoit de nouveau les e-mails du type « ${category} ».`,
    preferences: 'Tous les réglages',
  },
  preferences: {
    title: 'Ce que vous voulez savoir',
    whose: (who, sender) =>
      `Pour ${who}, de la part de ${sender}. Ce que vous devez savoir sur-le-champ arrive toujours.`,
    all: 'Tout',
    on: 'M’avertir',
    category: 'M’en avertir',
    kinds: 'De ces sujets :',
    often: 'Fréquence',
    asSent: 'Comme cela est envoyé',
    frequencies: {
      immediate: 'Aussitôt',
      hourly: 'Toutes les heures',
      daily: 'Tous les jours',
      weekly: 'Toutes les semaines',
    },
    channels: { email: 'par e-mail', slack: 'par Slack', teams: 'par Teams', webhook: 'par webhook' },
    quiet: 'Heures calmes',
    quietOn: 'Garder jusqu’à leur fin ce qui arrive pendant ces heures',
    from: 'De',
    to: 'à',
    zone: 'Fuseau horaire',
    ownZone: (zone) => `Le mien (${zone})`,
    days: 'Elles commencent le :',
    weekdays: { mon: 'lun.', tue: 'mar.', wed: 'mer.', thu: 'jeu.', fri: 'ven.', sat: 'sam.', sun: 'dim.' },
    save: 'Enregistrer',
    saved: 'C’est enregistré, et valable dès maintenant.',
    wrong: 'Rien n’est enregistré : il faut des heures comme 22:00, et un fuseau horaire de la liste.',
  },
  acknowledge: {
    ask: 'Vous en occupez-vous ?',
    since: 'Signalé le',
    button: 'Oui, je m’en occupe',
    done: 'Quelqu’un s’en occupe',
    text: 'Personne d’autre n’est averti. Confirmé le',
    by: (who) => `par ${who}`,
    cancelled: 'Cela a été annulé',
  },
};
