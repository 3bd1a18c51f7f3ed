/** The files of templates: those of a folder, and those that come with IEP. */

import { lstat, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { listAssetsBelow, readTextAsset } from '../base/embedded/assets.ts';
import { asCaller } from './client/enter-data-dir.ts';
import { Complaint } from './failure.ts';
import { fileFault, unwritable, utf8TextOf } from './files.ts';
import { isMeantForTemplate, isTemplateFile, type TemplateFile } from './template-folder.ts';

const BUILTIN = 'templates';
/** Of a folder of templates. */
const MAX_FILES = 20_000;

export function builtinFiles(): readonly TemplateFile[] {
  return listAssetsBelow(BUILTIN).map((name) => [name.slice(BUILTIN.length + 1), readTextAsset(name)]);
}

/** Those of each template and of its languages; what else lies there is passed over. */
export async function readFolder(folder: string): Promise<readonly TemplateFile[]> {
  try {
    return await asCaller(async () => {
      const paths = await pathsIn(folder);
      if (paths.some((path) => isTemplateFile(path))) throw ofOneTemplate(folder);
      if (paths.length > MAX_FILES)
        throw new Complaint(65, `${folder} has more than ${MAX_FILES} files`, 'Name the folder of the templates.');
      const files: TemplateFile[] = [];
      for (const path of paths.toSorted()) {
        const whole = join(folder, path);
        files.push([path, utf8TextOf(await readFile(whole), whole)]);
      }
      return files;
    });
  } catch (error) {
    if (error instanceof Complaint) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new Complaint(65, `${folder} is not a folder`, 'Name the folder that holds a folder for each template.');
    throw new Complaint(65, `cannot read ${folder}: ${fileFault(error)}`, 'Check the path and its permissions.');
  }
}

/** Folders in one another: that of a template, and that of a language. */
const LEVELS = 2;

/** With `/`. What a link or a pipe in a folder leads to is somebody else's, and may be anything. */
async function pathsIn(folder: string, above = ''): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(folder, above), { withFileTypes: true })) {
    const path = `${above}${entry.name}`;
    if (entry.isDirectory()) {
      if (path.split('/').length <= LEVELS) found.push(...(await pathsIn(folder, `${path}/`)));
    } else if (entry.isFile()) {
      if (isMeantForTemplate(entry.name)) found.push(path);
    } else if (isMeantForTemplate(entry.name) || (await isFolder(join(folder, path)))) throw noFile(join(folder, path));
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}

function noFile(path: string): Complaint {
  return new Complaint(65, `${path} is a link, or no file`, 'Put what it leads to in its place.');
}

function ofOneTemplate(folder: string): Complaint {
  const around = relative('.', dirname(resolve(folder))) || '.';
  return new Complaint(
    65,
    `${folder} holds the files of one template, and not a folder for each`,
    `Name the folder around it: \`iep template push ${around}\`.`,
  );
}

/** Writes one template in place of its files there; what else its folder holds stays. */
export async function writeFolder(folder: string, name: string, files: readonly TemplateFile[]): Promise<void> {
  try {
    await asCaller(async () => {
      await removeFiles(join(folder, name));
      for (const [path, text] of files) {
        const target = join(folder, ...path.split('/'));
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, text, { flag: 'wx' });
      }
    });
  } catch (error) {
    throw unwritable(folder, error, 'Name a folder that you may write.');
  }
}

/** The files of a template and of its languages, and links to folders, which are somebody else's. */
async function removeFiles(folder: string, level = 1): Promise<void> {
  if (await isLink(folder)) return rm(folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && level < LEVELS) await removeFiles(path, level + 1);
    else if (isTemplateFile(entry.name) || (entry.isSymbolicLink() && (await isFolder(path)))) await rm(path);
  }
}

async function isLink(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() === true;
}
