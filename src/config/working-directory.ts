/** The working directory may have been removed while the process is in it. Then only paths that are relative to it are refused. */

/** Whether Node could not say which directory it is. */
export function isDirectoryGone(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd';
}

/** Undefined where it is gone. */
export function workingDirectory(): string | undefined {
  try {
    return process.cwd();
  } catch (error) {
    if (isDirectoryGone(error)) return undefined;
    throw error;
  }
}
