/** How lists are paged. */

import * as z from 'zod';

const MAX_PAGE = 500;
const DEFAULT_PAGE = 50;

/** A number in a query is text. */
function numberText(range: { min: number; max: number }) {
  return z.coerce.number().int().min(range.min).max(range.max);
}

export const limitField = numberText({ min: 1, max: MAX_PAGE }).default(DEFAULT_PAGE);
export const offsetField = numberText({ min: 0, max: 100_000 }).optional();
export const cursorField = z.string().max(500).optional().describe('The cursor of the page before');
