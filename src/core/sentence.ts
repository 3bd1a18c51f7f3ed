/** The text as a sentence: with a full stop where it ends with no mark of its own. */
export function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
