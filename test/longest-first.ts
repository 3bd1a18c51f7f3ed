/** The order of the files: those that take longest begin, so that at the end no worker waits for another. */

import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest first. What is not named comes after them, larger files first. */
const LONGEST = [
  'test/faults/torture.test.ts',
  'test/e2e/docs.test.ts',
  'test/linear.test.ts',
  'test/ui/dashboard.test.ts',
  'src/db/sqlite/store.test.ts',
  'test/faults/copies.test.ts',
  'test/e2e/way-out.test.ts',
  'test/faults/damage.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.indexOf(relative(this.ctx.config.root, moduleId));
      return at === -1 ? LONGEST.length : at;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
