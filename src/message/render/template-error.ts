/** Why a template cannot be rendered, in words for the message's history. */
export class TemplateError extends Error {
  constructor(reason: string, line?: number) {
    super(line === undefined ? reason : `line ${line}: ${reason}`);
    this.name = 'TemplateError';
  }
}
