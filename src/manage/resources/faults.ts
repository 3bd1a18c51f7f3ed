/** What is wrong with the documents of a run, told all at once. */

import { type FieldError, IepError } from '../../core/errors.ts';
import { invalid } from '../../core/invalid.ts';

export interface Faults {
  /** Does `work` for a document; undefined where it is refused, which is remembered. `pathOf`: where in it something stands. */
  of<T>(at: string, work: () => Promise<T>, pathOf?: (path: string) => string): Promise<T | undefined>;
  /** Refuses with what was remembered. */
  check(): void;
}

export function createFaults(): Faults {
  const found: FieldError[] = [];
  let first: IepError | undefined;
  return {
    async of(at, work, pathOf = (path) => path) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof IepError)) throw error;
        if (error.code !== 'invalid_request') first ??= error;
        const { errors = [], message } = error;
        const told = errors.length === 0 ? [{ path: '', message }] : errors;
        found.push(...told.map((one) => ({ ...one, path: one.path === '' ? at : `${at}.${pathOf(one.path)}` })));
        return undefined;
      }
    },
    check() {
      if (first !== undefined) throw new IepError(first.code, first.message, { errors: found });
      if (found.length > 0) throw invalid(found);
    },
  };
}
