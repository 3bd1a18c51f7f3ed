/** The files of templates: those of a folder, and those that come with IEP. */

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { listAssetsBelow, readTextAsset } from '../base/embedded/assets.ts';
import { asCaller } from './client/enter-data-dir.ts';
import { Complaint } from './failure.ts';
import { fileFault, unwritable } from './files.ts';
import { isTemplateFile, type TemplateFile } from './template-folder.ts';

const BUILTIN = 'templates';
/** Of a folder of templates. */
const MAX_FILES = 20_000;

export function builtinFiles(): readonly TemplateFile[] {
  return listAssetsBelow(BUILTIN).map((name) => [name.slice(BUILTIN.length + 1), readTextAsset(name)]);
}

export async function readFolder(folder: string): Promise<readonly TemplateFile[]> {
  try {
    return await asCaller(async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      if (paths.some((path) => isTemplateFile(relative(folder, path)))) throw ofOneTemplate(folder);
      if (paths.length > MAX_FILES)
        throw new Complaint(65, `${folder} has more than ${MAX_FILES} files`, 'Name the folder of the templates.');
      const read = async (path: string): Promise<TemplateFile> => [
        relative(folder, path).split(sep).join('/'),
        await readFile(path, 'utf8'),
      ];
      const files: TemplateFile[] = [];
      for (const path of paths.toSorted()) files.push(await read(path));
      return files;
    });
  } catch (error) {
    if (error instanceof Complaint) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR')
      throw new Complaint(65, `${folder} is not a folder`, 'Name the folder that holds a folder for each template.');
    throw new Complaint(65, `cannot read ${folder}: ${fileFault(error)}`, 'Check the path and its permissions.');
  }
}

function ofOneTemplate(folder: string): Complaint {
  const around = relative('.', dirname(resolve(folder))) || '.';
  return new Complaint(
    65,
    `${folder} holds the files of one template, and not a folder for each`,
    `Name the folder around it: \`iep template push ${around}\`.`,
  );
}

/** Writes one template in place of what its folder held. */
export async function writeFolder(folder: string, name: string, files: readonly TemplateFile[]): Promise<void> {
  try {
    await asCaller(async () => {
      await rm(join(folder, name), { recursive: true, force: true });
      for (const [path, text] of files) {
        const target = join(folder, ...path.split('/'));
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, text);
      }
    });
  } catch (error) {
    throw unwritable(folder, error, 'Name a folder that you may write.');
  }
}
