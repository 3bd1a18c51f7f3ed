/** The card that a notification without a template is: subject, text, the facts of its data, and links. Pure. */

import { isRecord } from '../../core/is-record.ts';
import type { Json } from '../../core/message.ts';
import { isSecretName } from '../../core/secret-names.ts';
import { shorten } from '../../core/shown.ts';

export type CardState = 'good' | 'bad' | 'warning';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Card {
  readonly subject: string;
  /** Plain text; lines are kept. */
  readonly text?: string;
  readonly state?: CardState;
  readonly facts: readonly Fact[];
  /** The last lines of an output. */
  readonly log?: string;
  /** Where there is more. */
  readonly url?: string;
  readonly acknowledgeUrl?: string;
}

export interface CardInput {
  /** Of the notification, such as `job.failed`. */
  readonly type: string;
  readonly subject?: string | undefined;
  readonly text?: string | undefined;
  readonly data: Readonly<Record<string, Json>>;
  readonly acknowledgeUrl?: string | undefined;
}

const MAX_SUBJECT = 255;
const MAX_TEXT = 6_000;
const MAX_LOG = 2_000;
/** A section of Slack has ten fields. */
const MAX_FACTS = 10;
const MAX_NAME = 60;
const MAX_VALUE = 300;
/** Members that say how it went, in other ways than as facts. */
const SHOWN_OTHERWISE = ['ok', 'success', 'subject', 'title', 'text', 'summary', 'message', 'log', 'url', 'link'];

export function cardOf({ type, subject, text, data, acknowledgeUrl }: CardInput): Card {
  const said = text ?? textIn(data, ['text', 'summary', 'message']);
  const log = textIn(data, ['log']);
  const url = urlIn(data, ['url', 'link', 'logUrl', 'log_url']);
  const state = stateOf(type, data);
  const named = textIn({ subject: subject ?? '' }, ['subject']) ?? textIn(data, ['subject', 'title']);
  return {
    subject: oneLine(named ?? subjectOf(type, data), MAX_SUBJECT),
    ...(said !== undefined && said.trim() !== '' && { text: shorten(clean(said).trim(), MAX_TEXT) }),
    ...(state !== undefined && { state }),
    facts: factsOf(data, url),
    ...(log !== undefined && log.trim() !== '' && { log: lastOf(clean(log).trim()) }),
    ...(url !== undefined && { url }),
    ...(acknowledgeUrl !== undefined && { acknowledgeUrl }),
  };
}

/** `job.failed` of a job `nightly-backup` is "Job failed: nightly-backup". */
export function subjectOf(type: string, data: Readonly<Record<string, Json>>): string {
  const what = textIn(data, ['job', 'jobName', 'job_name', 'name']);
  const words = sentence(type.split(/[._\s-]+/));
  return what === undefined ? words : `${words}: ${what}`;
}

const BAD = /^(?:fail(?:ed|ure)?|error(?:ed)?|critical|fatal|down|timed[ _-]?out|emergency|broken|red|high)$/i;
const WARNING = /^(?:warn(?:ing)?|degraded|unstable|cancell?ed|aborted|partial|yellow|medium)$/i;
const GOOD =
  /^(?:ok|good|success(?:ful)?|succeeded|passed|completed?|done|finished|recovered|resolved|healthy|up|green)$/i;

function stateOf(type: string, data: Readonly<Record<string, Json>>): CardState | undefined {
  const isGood = data.ok ?? data.success;
  if (typeof isGood === 'boolean') return isGood ? 'good' : 'bad';
  const exit = data.exitCode ?? data.exit_code;
  const words = ['status', 'state', 'result', 'severity', 'level'].flatMap((name) => textIn(data, [name]) ?? []);
  const named = [...words, type.split(/[._-]/).at(-1) ?? ''].map(stateNamed).find((state) => state !== undefined);
  if (typeof exit === 'number') return exit === 0 ? 'good' : 'bad';
  return named;
}

function stateNamed(word: string): CardState | undefined {
  if (BAD.test(word)) return 'bad';
  if (WARNING.test(word)) return 'warning';
  return GOOD.test(word) ? 'good' : undefined;
}

/** Texts, numbers and truth values, in their order; nothing that is called like a secret. */
function factsOf(data: Readonly<Record<string, Json>>, url: string | undefined): readonly Fact[] {
  const facts: Fact[] = [];
  for (const [name, value] of Object.entries(data)) {
    if (facts.length === MAX_FACTS) break;
    if (SHOWN_OTHERWISE.includes(name) || isSecretName(name) || value === url) continue;
    const text = factText(name, value);
    if (text !== undefined && !isBlank(text)) facts.push({ name: factName(name), value: oneLine(text, MAX_VALUE) });
  }
  return facts;
}

function factText(name: string, value: Json): string | undefined {
  if (Array.isArray(value)) {
    const parts = value.map((one) => (isRecord(one) || Array.isArray(one) || one === null ? undefined : String(one)));
    return parts.includes(undefined) ? undefined : parts.join(', ');
  }
  if (value === null || isRecord(value)) return undefined;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return durationText(name, value) ?? String(value);
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(value);
  return isTime ? `${value.slice(0, 10)} ${value.slice(11, 19)} UTC` : value;
}

/** `durationMs` is called duration, and so on: their values say the unit. */
function factName(name: string): string {
  const withoutUnit = name.replace(/^(duration|elapsed|took)_?(?:ms|seconds|secs|s|milliseconds)$/i, '$1');
  const words = withoutUnit.replace(/([a-z\d])([A-Z])/g, '$1 $2').split(/[\s._-]+/);
  return oneLine(sentence(words), MAX_NAME);
}

function durationText(name: string, value: number): string | undefined {
  const [, unit] = /^(?:duration|elapsed|took)(?:_?(ms|milliseconds|s|secs|seconds))?$/i.exec(name) ?? [];
  const isDuration = /^(?:duration|elapsed|took)/i.test(name);
  if (!isDuration || !(value >= 0)) return undefined;
  return inWords(unit !== undefined && /^m/i.test(unit) ? value : value * 1_000);
}

function inWords(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const units = ['h', 'min', 's'];
  const first = parts.findIndex((part) => part > 0);
  const said = parts.map((part, at) => `${part} ${units[at]}`).slice(first, first + 2);
  return said.filter((one) => !one.startsWith('0 ')).join(' ');
}

/** The first that says something: a heading or a text of blanks is refused by Slack, with the whole card. */
function textIn(data: Readonly<Record<string, Json>>, names: readonly string[]): string | undefined {
  return names.map((name) => data[name]).find((value): value is string => typeof value === 'string' && !isBlank(value));
}

function isBlank(text: string): boolean {
  return clean(text).trim() === '';
}

function urlIn(data: Readonly<Record<string, Json>>, names: readonly string[]): string | undefined {
  return names.map((name) => data[name]).find((value): value is string => typeof value === 'string' && isWebUrl(value));
}

const MAX_URL = 2_000;

export function isWebUrl(text: string): boolean {
  return text.length <= MAX_URL && /^https?:\/\/[^\s/]/i.test(text) && !/[\p{Cc}\s]/u.test(text) && URL.canParse(text);
}

/** The first word with a capital. */
function sentence(words: readonly string[]): string {
  const text = words.map((word) => (/^[A-Z\d]+$/.test(word) ? word : word.toLowerCase())).join(' ');
  return (
    text.charAt(0).toUpperCase() +
    text
      .slice(1)
      .replace(/\bid\b/, 'ID')
      .replace(/\burl\b/, 'URL')
  );
}

function oneLine(text: string, maxLength: number): string {
  return shorten(
    clean(text.slice(0, maxLength * 4))
      .replace(/\s+/g, ' ')
      .trim(),
    maxLength,
  );
}

/** Without characters that steer a terminal or turn the direction of what follows. */
function clean(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069\ufdd0\ufdd1]/gu, '')
    .toWellFormed();
}

function lastOf(log: string): string {
  if (log.length <= MAX_LOG) return log;
  const end = log.slice(-MAX_LOG);
  return `…${end.slice(Math.max(0, end.indexOf('\n')))}`.toWellFormed();
}

/** Characters of text that shorter cards have; they have no log. */
const SHORTER = [2_000, 600];

/** What is made of the card, or of the longest of the shorter ones that fits. */
export function firstThatFits(card: Card, make: (card: Card) => string, fits: (made: string) => boolean): string {
  let made = make(card);
  for (const maxText of SHORTER) {
    if (fits(made)) break;
    made = make(shorter(card, maxText));
  }
  return made;
}

function shorter({ text, log: _, facts, ...card }: Card, maxText: number): Card {
  return {
    ...{ ...card, subject: shorten(card.subject, 120) },
    ...(text !== undefined && { text: shorten(text, maxText) }),
    facts: facts.map(({ name, value }) => ({ name, value: shorten(value, 120) })),
  };
}
