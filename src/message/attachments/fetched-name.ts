/** The name of a fetched file that the caller gave none. */

import { safeFilename } from './filename.ts';

/** From the answer's Content-Disposition (RFC 6266), else the last part of the URL's path. */
export function fetchedName(url: string, disposition: string | undefined): string {
  return safeFilename(dispositionName(disposition ?? '') ?? pathName(url) ?? '');
}

function dispositionName(field: string): string | undefined {
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(field)?.[1];
  if (extended !== undefined) return decoded(extended);
  const quoted = /;\s*filename\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(field)?.[1];
  return quoted?.replace(/\\(.)/g, '$1') ?? /;\s*filename\s*=\s*([^\s;"]+)/i.exec(field)?.[1];
}

function pathName(url: string): string | undefined {
  return decoded(new URL(url).pathname.split('/').at(-1) ?? '');
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // percent signs that encode nothing
  }
}
