/**
 * The arguments of `sendmail` as Postfix's sendmail(1) takes them: single letters that may stand together, values
 * attached or following. Flags that change nothing here are taken and ignored, because scripts give them by habit.
 */

import { readMailboxList } from '../../core/mailbox-list.ts';
import { Complaint } from '../failure.ts';

export type SendmailMode = 'submit' | 'smtp' | 'queue' | 'flush' | 'aliases' | 'help';

export interface SendmailArguments {
  readonly mode: SendmailMode;
  readonly recipients: readonly string[];
  /** -t: the header names recipients too. */
  readonly fromHeader: boolean;
  /** -i: a line with a dot alone is content. */
  readonly dotsAreContent: boolean;
  /** -f, -r: reverse path; empty for the null sender. */
  readonly sender?: string;
  /** -v: say what happened. */
  readonly verbose: boolean;
  /** -F: name in the From field, where the message has none. */
  readonly fullName?: string;
}

/** Letters that take a value; the rest stand alone. `-d` and `-q` take one only when it is attached. */
const WITH_VALUE = 'ABCFLNOVXRbefhopr';
const ATTACHED_VALUE = 'dq';
const ALONE = 'EGIUcgimnstvxT';

const MODES: Readonly<Record<string, SendmailMode>> = {
  m: 'submit',
  s: 'smtp',
  p: 'queue',
  i: 'aliases',
};

export function parseSendmailArguments(argv: readonly string[]): SendmailArguments {
  const parsed = {
    mode: 'submit' as SendmailMode,
    recipients: [] as string[],
    fromHeader: false,
    dotsAreContent: false,
    verbose: false,
  };
  const named: { sender?: string; fullName?: string } = {};
  const rest = [...argv];

  const take = (letter: string, value: string): void => {
    if (letter === 'b') parsed.mode = modeOf(value);
    if (letter === 'q') parsed.mode = 'flush';
    if (letter === 'I') parsed.mode = 'aliases';
    if (letter === 't') parsed.fromHeader = true;
    if (letter === 'i' || (letter === 'o' && value === 'i')) parsed.dotsAreContent = true;
    if (letter === 'v') parsed.verbose = true;
    if (letter === 'f' || letter === 'r') named.sender = senderOf(value);
    if (letter === 'F') named.fullName = value;
  };

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') parsed.recipients.push(...rest.splice(0));
    else if (word === '--help') parsed.mode = 'help';
    else if (!word.startsWith('-') || word === '-') parsed.recipients.push(word);
    else readLetters(word.slice(1), rest, take);
  }
  return { ...parsed, ...named };
}

function readLetters(letters: string, rest: string[], take: (letter: string, value: string) => void): void {
  for (let at = 0; at < letters.length; at += 1) {
    const letter = letters.charAt(at);
    const attached = letters.slice(at + 1);
    if (WITH_VALUE.includes(letter)) {
      const value = attached === '' ? rest.shift() : attached;
      if (value === undefined) throw usage(`-${letter} takes a value`);
      take(letter, value);
      return;
    }
    if (ATTACHED_VALUE.includes(letter)) {
      take(letter, attached);
      return;
    }
    if (!ALONE.includes(letter)) throw usage(`sendmail has no flag -${letter}`);
    take(letter, '');
  }
}

/** The address of `Jo <jo@example.com>`, `<jo@example.com>` or `jo`; of `<>`, the null sender, nothing. */
function senderOf(text: string): string {
  const { mailboxes, unreadable } = readMailboxList(text);
  const [one = '', ...others] = [...mailboxes.map(({ email }) => email), ...unreadable.map(({ address }) => address)];
  return others.length === 0 ? one : text;
}

function modeOf(value: string): SendmailMode {
  const mode = MODES[value];
  if (mode === undefined) throw usage(`-b${value} is not something IEP does`);
  return mode;
}

function usage(message: string): Complaint {
  return new Complaint(64, message, 'See `iep sendmail --help`.');
}
