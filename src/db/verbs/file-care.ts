/** The care of a database that is a file: what no other store has. */

export interface FileCare {
  /** Writes a copy of the whole database to `file`, which must not exist, while work goes on. */
  backup(file: string): Promise<void>;
  /** Full check of the file's structure; the problems found, none when it is sound. */
  integrity(): Promise<readonly string[]>;
  /**
   * To be called once in a file that was restored. New events get positions that the store cannot have used since the backup, so that
   * no follower takes one for an event that it already has.
   */
  leaveEventGap(): Promise<void>;
  info(): Promise<{ readonly schema: number; readonly sqlite: string; readonly file: string; readonly bytes: number }>;
  /** Brings what SQLite knows of the sizes of tables up to date; reads a sample, not the tables. */
  optimize(): Promise<void>;
  /** Moves the write-ahead log into the database and cuts it to nothing, unless a reader still needs it. */
  checkpoint(): Promise<{ readonly walBytes: number; readonly blocked: boolean }>;
  /** Gives at most `pages` free pages back to the file system. */
  giveBack(input: { pages: number }): Promise<SpaceReport>;
  space(): Promise<SpaceReport>;
  /** Writes the whole file anew, without a page that holds nothing. Nobody else can write meanwhile. */
  compact(): Promise<SpaceReport>;
}

/** What came back of a damaged database. */
export interface Salvaged {
  readonly rows: number;
  /** Names of the tables of which not every row could be read. */
  readonly incomplete: readonly string[];
  /** Messages that were open and cannot be sent, because their content or recipients are lost: dead letters now. */
  readonly unsendable: number;
}

export interface SpaceReport {
  readonly pageBytes: number;
  readonly pages: number;
  /** Pages that hold nothing. */
  readonly freePages: number;
  /** False in a file that another tool wrote; `iep migrate --compact` changes that. */
  readonly canShrink: boolean;
}
