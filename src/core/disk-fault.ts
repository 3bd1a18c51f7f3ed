/** What the system says when a disk takes or gives no more: the moment's fault, and none of ours. */

import { IepError } from './errors.ts';

const SENTENCES: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full',
  EDQUOT: 'The disk quota of this user is used up',
  EROFS: 'The file system is read-only',
  EIO: 'The disk answered with an error',
  EFBIG: 'The file is larger than the file system or a limit allows',
  EMFILE: 'The process has as many files open as it may',
  ENFILE: 'The system has as many files open as it may',
};

/** The refusal that it is; undefined where it is something else. */
export function diskFault(error: unknown): IepError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = '', path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const sentence = SENTENCES[code];
  if (sentence === undefined) return undefined;
  const where = dest ?? path;
  return new IepError('store_unavailable', `${sentence} (${code}${where === undefined ? '' : `, ${where}`}).`, {
    cause: error,
  });
}
