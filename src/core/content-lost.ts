/**
 * Content that something stored names, and that is gone or not what it was any more: no fault of the moment, so that asking
 * again does not help until somebody restores it. It is told by its class, because libraries write codes of their own into errors.
 */

import { IepError } from './errors.ts';

export class ContentLost extends IepError {
  /** Name of the blob. */
  readonly blob: string;
  readonly how: 'gone' | 'damaged';

  constructor(blob: string, how: ContentLost['how']) {
    super('content_lost', how === 'gone' ? `The blob ${blob} is gone.` : `The blob ${blob} is damaged.`);
    this.name = 'ContentLost';
    this.blob = blob;
    this.how = how;
  }
}
