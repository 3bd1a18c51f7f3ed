/** A request body of Graph, read as a mail server reads it. */

import addressparser from 'nodemailer/lib/addressparser/index.js';

export interface NamedAddressees {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly all: readonly string[];
  readonly message: string;
}

export function namedIn(base64: string): NamedAddressees {
  const message = Buffer.from(base64, 'base64').toString('latin1');
  const [header = ''] = message.split('\r\n\r\n', 1);
  const fields = header.replaceAll(/\r\n(?=[ \t])/g, '').split('\r\n');
  const of = (name: string) =>
    fields
      .filter((field) => field.toLowerCase().startsWith(`${name}:`))
      .flatMap((field) => addressparser(field.slice(name.length + 1), { flatten: true }))
      .map(({ address }) => address);
  const [to, cc, bcc] = [of('to'), of('cc'), of('bcc')];
  return { to, cc, bcc, all: [...to, ...cc, ...bcc], message };
}
