/** How a value is written so that it does not leave the place where it stands. */

import type { TemplateSyntax } from '../../../core/template.ts';

const HANDLEBARS: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#x27;' },
  '\0': '\ufffd',
};
const GO: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;', '+': '&#43;', '\0': '\ufffd' },
};
/** What ends an attribute without quotes, too. */
const UNQUOTED = /[\0-\x20"&'+<=>`\x7f]/g;

/** In text and in attributes with quotes. */
export function escapeHtml(text: string, syntax: TemplateSyntax): string {
  if (syntax === 'go') return escapeHtmlAsGo(text);
  return /[&<>"'\0]/.test(text) ? text.replace(/[&<>"'\0]/g, (one) => HANDLEBARS[one] ?? one) : text;
}

/** As Go's `html` does. */
export function escapeHtmlText(text: string): string {
  return text.replace(/[&<>"'\0]/g, (one) => GO[one] ?? one);
}

function escapeHtmlAsGo(text: string): string {
  return /[&<>"'+\0]/.test(text) ? text.replace(/[&<>"'+\0]/g, (one) => GO[one] ?? one) : text;
}

/** An empty one would take the next attribute for its value: it is a space. */
export function escapeUnquoted(text: string): string {
  return text === '' ? '&#32;' : text.replace(UNQUOTED, (one) => GO[one] ?? `&#${one.charCodeAt(0)};`);
}

const RESERVED = /[!#$&*+,/:;=?@[\]]/;
/** Unreserved, or a surrogate pair, or one character. */
const TO_ENCODE = /[^A-Za-z\d\-._~]/gu;

/** A whole URL, or its beginning: what is encoded stays so, and what divides it stays. */
export function normalizeUrl(text: string): string {
  return text.replace(TO_ENCODE, (one, at: number) => {
    if (RESERVED.test(one) || (one === '%' && /^%[\da-fA-F]{2}/.test(text.slice(at, at + 3)))) return one;
    return percentEncode(one);
  });
}

/** A part of a URL: nothing in it divides the URL. */
export function encodeUrlPart(text: string): string {
  return text.replace(TO_ENCODE, percentEncode);
}

/** As a form sends it (Go's `urlquery`). */
export function percentEncodeForm(text: string): string {
  return text.replace(TO_ENCODE, (one) => (one === ' ' ? '+' : percentEncode(one).toUpperCase()));
}

function percentEncode(character: string): string {
  let made = '';
  for (const byte of Buffer.from(character)) made += `%${byte.toString(16).padStart(2, '0')}`;
  return made;
}

/** Whether a URL leads where a mail may lead; one without a scheme does. */
export function isSafeUrl(url: string): boolean {
  const colon = url.indexOf(':');
  if (colon === -1) return true;
  const before = url.slice(0, colon);
  return before.includes('/') || /^(?:https?|mailto)$/i.test(before.replace(/^[\0-\x20]+/, ''));
}

/** A value of a declaration that cannot end it, nor begin anything else; nothing where it is none. */
export function cssValue(text: string): string {
  const isSafe =
    !/[\0"'()/;@[\\\]`{}<>]|--|\*\//.test(text) && !/expression|mozbinding/i.test(text.replace(/[^\w-]/g, ''));
  return isSafe ? text : '';
}

/** Inside of quotes. */
export function cssText(text: string): string {
  return text.replace(/[\p{Cc}"&'()+/:;<>\\{}]/gu, (one) => `\\${one.charCodeAt(0).toString(16)} `);
}

const IN_SCRIPT: Readonly<Record<string, string>> = {
  ...{ '\\': '\\\\', "'": "\\'", '"': '\\"', '<': '\\u003C', '>': '\\u003E', '&': '\\u0026', '=': '\\u003D' },
};

/** As Go's `js`: inside of quotes of JavaScript. */
export function escapeScript(text: string): string {
  return text.replace(/[\\'"<>&=\p{C}\p{Zl}\p{Zp}]/gu, (one) => {
    const code = one.codePointAt(0) ?? 0;
    return IN_SCRIPT[one] ?? (code > 0xffff ? one : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`);
  });
}

/** JSON that ends neither its element nor a comment. */
export function jsonInHtml(value: unknown): string {
  return JSON.stringify(value ?? null).replace(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
