/**
 * What SMTP servers say and what it means for us, as data: the first row that matches decides. Each row stands below
 * replies that were seen in the wild, and the tests hold every row to its samples. Rows go from the particular to the
 * general; what no row knows is judged by the first digit in classify.ts. `bounce-rules/` has them by what they are about.
 */

import { accountRules } from './bounce-rules/account.ts';
import { contentRules } from './bounce-rules/content.ts';
import { mailboxRules } from './bounce-rules/mailbox.ts';
import { originRules } from './bounce-rules/origin.ts';
import { paceRules } from './bounce-rules/pace.ts';
import { plainRules } from './bounce-rules/plain.ts';
import type { BounceRule } from './bounce-rules/rule.ts';

export const bounceRules: readonly BounceRule[] = [
  ...accountRules,
  ...paceRules,
  ...originRules,
  ...mailboxRules,
  ...contentRules,
  ...plainRules,
];
