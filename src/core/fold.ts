/** Text and addresses as they are compared in a search: without regard to case, in any alphabet, and to the form of a domain. */

import { domainToASCII, domainToUnicode } from 'node:url';

const BEYOND_ASCII = /[\u0080-\uffff]/;

export function isAscii(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

/** Upper case first, so that ß meets SS and a final sigma the others. */
export function foldText(text: string): string {
  return text.normalize('NFC').toUpperCase().toLowerCase();
}

/** Its domain as A-labels, which is how addresses are stored. `@domain` is folded too. */
export function foldAddress(address: string): string {
  return withDomain(address, domainToASCII);
}

/** Its domain as people read it. */
export function readableAddress(address: string): string {
  return withDomain(address, domainToUnicode);
}

function withDomain(address: string, form: (domain: string) => string): string {
  const at = address.lastIndexOf('@');
  if (at === -1) return foldText(address);
  const domain = address.slice(at + 1).toLowerCase();
  // What is not a domain, such as an address literal, stays as it is.
  return `${foldText(address.slice(0, at))}@${form(domain) || domain}`;
}
