/** What a Handlebars template may cost its parser, whose time grows with it and which cannot be stopped. */

import type { HandlebarsFault } from './fault.ts';

export interface HandlebarsCost {
  /** Characters of one source. */
  readonly maxTemplateLength: number;
  /** `{{…}}` of one source. */
  readonly maxExpressions: number;
  /** Characters inside all `{{…}}` of one source. */
  readonly maxExpressionsLength: number;
  /** Blocks inside one another. */
  readonly maxNesting: number;
}

/** Why it is not parsed; undefined where it may be. */
export function checkHandlebarsCost(source: string, limits: HandlebarsCost): HandlebarsFault | undefined {
  if (source.length > limits.maxTemplateLength) return { reason: `longer than ${limits.maxTemplateLength} characters` };
  let expressions = 0;
  let length = 0;
  let nesting = 0;
  for (let start = source.indexOf('{{'); start !== -1; start = source.indexOf('{{', start + 2)) {
    expressions += 1;
    const end = source.indexOf('}}', start + 2);
    if (source[start + 2] !== '!') length += (end === -1 ? source.length : end) - start;
    const sign = source[start + 2] === '~' ? source[start + 3] : source[start + 2];
    if (sign === '#') nesting += 1;
    else if (sign === '/') nesting -= 1;
    if (nesting > limits.maxNesting) {
      return { reason: `more than ${limits.maxNesting} blocks in one another`, line: lineAt(source, start) };
    }
    if (expressions > limits.maxExpressions) return { reason: `more than ${limits.maxExpressions} expressions` };
    if (length > limits.maxExpressionsLength)
      return { reason: `expressions of more than ${limits.maxExpressionsLength} characters` };
  }
  return undefined;
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split('\n').length;
}
