/**
 * Expressions that the scanner does not settle, each with the reason why it may stay. First a look for one that is linear:
 * a reason here is the second choice.
 */

import type { Found } from './find.ts';
import { MADE_OF_TEXT } from './find.ts';

/** Without `expression` all of the file. */
export interface Mark extends Partial<Found> {
  readonly file: string;
  readonly why: string;
}

export const marked: readonly Mark[] = [
  ...[
    ...['account', 'pace', 'origin', 'mailbox', 'content', 'plain', 'rule'].map((name) => `bounce-rules/${name}.ts`),
    'classify.ts',
  ].map((name) => ({
    file: `src/message/providers/smtp/${name}`,
    why: 'sees replies, of 500 characters at most (providers/reply.ts)',
  })),
  { file: 'src/manage/doctor/daemon.ts', why: 'sees the metrics of our own daemon' },
  { file: 'src/access/key-text.ts', expression: MADE_OF_TEXT, why: 'anchored, of fixed lengths' },
  { file: 'src/message/attachments/programs.ts', expression: MADE_OF_TEXT, why: 'words before the end of the text' },
  { file: 'src/blobs/s3.ts', expression: MADE_OF_TEXT, why: 'between two tags stands no tag' },
  { file: 'src/cli/output.ts', expression: MADE_OF_TEXT, why: 'ESC, a bracket, two digits at most' },
  { file: 'src/message/dkim/sign.ts', expression: MADE_OF_TEXT, why: 'any characters, in pieces of one length' },
  { file: 'src/message/intake/check-attachments.ts', expression: MADE_OF_TEXT, why: 'test/linear.test.ts measures it' },
];

export function isMarked({ file, expression }: Found): boolean {
  return marked.some((mark) => mark.file === file && (mark.expression ?? expression) === expression);
}
