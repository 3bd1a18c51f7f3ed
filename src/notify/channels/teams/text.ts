/** Text as the Markdown of an adaptive card writes it, so that a value is a text and nothing else. */

/** learn.microsoft.com/adaptive-cards/authoring-cards/text-features: emphasis, links and lists are all there is. */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*_[\]~]/g, '\\$&')
    .replace(/^([ \t]*)([#>+-])/gm, '$1\\$2')
    .replace(/^([ \t]*\d{1,9})([.)])/gm, '$1\\$2');
}
