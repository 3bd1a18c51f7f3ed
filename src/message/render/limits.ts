/**
 * The limits of rendering. Everything here is counted, nothing is timed: a message renders the same on a busy machine, and a
 * failure to render is for good. Compiling is the dear part: about 0.1 ms an expression. What one step costs no count
 * bounds; so templates are rendered in a thread that can be ended (rendering-thread.ts).
 */

import type { HandlebarsCost } from '../templates/handlebars/cost.ts';

export interface RenderLimits extends HandlebarsCost {
  /** Values printed, conditions tested and passes through a loop, in one template. */
  readonly maxSteps: number;
  /** Characters of one result. What a loop produces counts once for each loop around it too. */
  readonly maxOutputLength: number;
  /** Characters of a subject with its variables put in. */
  readonly maxSubjectLength: number;
  /** Bytes that the templates hold which are kept compiled. */
  readonly cachedBytes: number;
}

export const defaultRenderLimits: RenderLimits = {
  maxTemplateLength: 1024 * 1024,
  maxExpressions: 1000,
  maxExpressionsLength: 32 * 1024,
  maxNesting: 100,
  maxSteps: 200_000,
  maxOutputLength: 5 * 1024 * 1024,
  maxSubjectLength: 2000,
  cachedBytes: 32 * 1024 * 1024,
};
