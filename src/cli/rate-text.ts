/** Stands behind a count in a table: what part of the recipients it is. Empty where there were none. */
export function rateText(rate: number | null): string {
  return rate === null ? '' : ` (${(rate * 100).toFixed(2)} %)`;
}
