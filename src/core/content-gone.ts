/**
 * Content that something stored names and that is not there any more: no fault of the moment, so that asking again does not
 * help until somebody restores it. It is told by its class, because libraries write codes of their own into errors.
 */
export class ContentGone extends Error {
  /** Name of the blob. */
  readonly blob: string;

  constructor(blob: string) {
    super(`There is no blob ${blob}`);
    this.name = 'ContentGone';
    this.blob = blob;
  }
}
