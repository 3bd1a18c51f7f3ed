/**
 * What rendering may cost. Everything is counted, nothing is timed: a message renders the same on a busy machine, and a
 * failure to render is for good. Compiling is the dear part: about 0.1 ms an expression.
 */

export interface RenderLimits {
  /** Characters of one template: subject, htmlBody or textBody. */
  readonly maxTemplateLength: number;
  /** `{{…}}` of one template. */
  readonly maxExpressions: number;
  /** Characters inside all `{{…}}` of one template. */
  readonly maxExpressionsLength: number;
  /** Blocks inside one another; each `else if` is one more. */
  readonly maxNesting: number;
  /** Values printed, conditions tested and passes through a loop, in one template. */
  readonly maxSteps: number;
  /** Characters of one result. What a loop produces counts once for each loop around it too. */
  readonly maxOutputLength: number;
  /** Characters of a subject with its variables put in. */
  readonly maxSubjectLength: number;
  /** Characters of the templates that are kept compiled. */
  readonly cachedLength: number;
}

export const defaultRenderLimits: RenderLimits = {
  maxTemplateLength: 1024 * 1024,
  maxExpressions: 1000,
  maxExpressionsLength: 32 * 1024,
  maxNesting: 100,
  maxSteps: 200_000,
  maxOutputLength: 5 * 1024 * 1024,
  maxSubjectLength: 2000,
  cachedLength: 2 * 1024 * 1024,
};
