/** What bytes are, by what they begin with. Nothing is unpacked but the table of contents of an Office document, up to 1 MiB. */

import type { FileTypeResult } from 'file-type';
import { mediaType } from './media-type.ts';

/** A MIME type; undefined for text, and for what nobody knows. */
export async function detectType(bytes: Uint8Array): Promise<string | undefined> {
  // Loaded with the first attachment: most messages have none.
  const { fileTypeFromBuffer } = await import('file-type');
  let found: FileTypeResult | undefined;
  try {
    found = await fileTypeFromBuffer(bytes);
  } catch {
    // It reads strangers' bytes; what it cannot read has no type.
    return undefined;
  }
  return found && mediaType(found.mime);
}

/** Whether the beginning of a file of this type is known, so that bytes which begin otherwise are something else. */
export async function isDetectable(type: string): Promise<boolean> {
  const { supportedMimeTypes } = await import('file-type');
  return supportedMimeTypes.has(type as FileTypeResult['mime']);
}
