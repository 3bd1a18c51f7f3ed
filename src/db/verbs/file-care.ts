/** The care of a database that is a file. */

export interface FileCare {
  /** Writes a copy of the whole database to `file`, which must not exist, while work goes on. */
  backup(file: string): Promise<void>;
  /** Full check of the file's structure; the problems found, none when it is sound. */
  integrity(): Promise<readonly string[]>;
  info(): Promise<{ readonly schema: number; readonly sqlite: string; readonly file: string; readonly bytes: number }>;
}
