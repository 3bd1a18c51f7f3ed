/** Which files of this machine a process may believe: those that nobody but root and its own user can have put there. */

import { lstatSync, readlinkSync, realpathSync, type Stats, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;
/** In such a directory only the owner of an entry may replace it. */
const STICKY = 0o1000;

/**
 * Why a file or directory may be another user's work, as the end of a sentence that begins with its path; undefined where it
 * cannot be. Looks at the path as it is written and at what its links lead to, up to the root directory.
 */
export function whyDistrusted(path: string): string | undefined {
  if (process.platform === 'win32') return undefined;
  const written = resolve(path);
  const real = realpathSync(written);
  const found = statSync(real);
  if (isStranger(found.uid)) return `belongs to user ${found.uid}`;
  if ((found.mode & (OTHERS_WRITE | GROUP_WRITES)) !== 0 && !isSticky(found)) return 'may be written by others';
  for (const start of new Set([written, real])) {
    // The link itself, where it is one.
    const { uid } = lstatSync(start);
    if (isStranger(uid)) return `is a link of user ${uid}`;
    const fault = directories(start)
      .map((directory) => faultOf(directory))
      .find((one) => one !== undefined);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * The same of the links alone on the way to what `owner` has: who may put one there could lead root into what is not theirs.
 * That `owner` leads to what is theirs does no harm.
 */
export function whyLinkDistrusted(path: string, owner: number): string | undefined {
  for (const link of linksOn(resolve(path))) {
    const isOther = (uid: number) => isStranger(uid) && uid !== owner;
    const { uid } = lstatSync(link);
    if (isOther(uid)) return `is reached by ${link}, a link of user ${uid}`;
    for (const directory of directories(link)) {
      const found = statSync(directory);
      if (isOther(found.uid)) return `is reached by a link in ${directory}, which belongs to user ${found.uid}`;
      if ((found.mode & OTHERS_WRITE) !== 0 && !isSticky(found)) {
        return `is reached by a link in ${directory}, which others may write`;
      }
    }
  }
  return undefined;
}

/** Every link that is followed, in order; what the path leads to is there. */
function linksOn(path: string): string[] {
  const link = [...directories(path).reverse(), path].find((at) => lstatSync(at).isSymbolicLink());
  if (link === undefined) return [];
  const onward = join(resolve(dirname(link), readlinkSync(link)), relative(link, path));
  return [link, ...linksOn(onward)];
}

/** Neither root nor the user that this process acts as. */
export function isStranger(uid: number): boolean {
  return uid !== 0 && uid !== process.geteuid?.();
}

function directories(path: string): string[] {
  const above = dirname(path);
  return above === path ? [] : [above, ...directories(above)];
}

function faultOf(directory: string): string | undefined {
  const found = statSync(directory);
  if (isStranger(found.uid)) return `is in ${directory}, which belongs to user ${found.uid}`;
  const byOthers = (found.mode & OTHERS_WRITE) !== 0;
  // A group of one's own, as many systems give each user, is nobody else.
  const byGroup = (found.mode & GROUP_WRITES) !== 0 && found.gid !== process.getegid?.();
  return (byOthers || byGroup) && !isSticky(found) ? `is in ${directory}, which others may write` : undefined;
}

function isSticky(found: Stats): boolean {
  return found.isDirectory() && (found.mode & STICKY) !== 0;
}
