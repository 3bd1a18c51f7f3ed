/**
 * Whether an attachment is what it is declared to be. The receiver's mail program acts on the declared type and on the
 * name; what it opens is the content; so the three must agree.
 */

import { detectType, isDetectable } from './detect-type.ts';
import { isTextType, mediaType } from './media-type.ts';
import { isProgramName, isProgramType } from './programs.ts';

export interface CheckedFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What does not agree, as the end of a sentence that begins with the attachment; undefined when all does. */
export async function typeFault({ filename, contentType, bytes }: CheckedFile): Promise<string | undefined> {
  const declared = mediaType(contentType);
  if (isProgramName(filename) && !isProgramType(declared)) {
    return `has the name of a program or script, and is declared as ${declared}`;
  }
  if (bytes.length === 0) return undefined;
  const found = await detectType(bytes);
  if (isTextType(declared)) return textFault({ declared, found, bytes });
  if (found === undefined) return unknownFault(declared, bytes);
  if (agree({ declared, found, bytes })) return undefined;
  return `is declared as ${declared}, but its content is ${found}`;
}

interface Compared {
  readonly declared: string;
  readonly found: string | undefined;
  readonly bytes: Uint8Array;
}

function textFault({ declared, found, bytes }: Compared): string | undefined {
  if (!isText(bytes)) return `is declared as ${declared}, but its content is ${found ?? 'not text'}`;
  // Two letters make no picture and no program: what runs has zeros in its header, and so is not text.
  if (found === undefined || found === declared || isTextType(found) || WEAK.has(found)) return undefined;
  return `is declared as ${declared}, but its content is ${found}`;
}

const WEAK: ReadonlySet<string> = new Set(['image/bmp', 'application/x-msdownload']);

/** No zeros, but those of UTF-16 with its mark. */
function isText(bytes: Uint8Array): boolean {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isUtf16 || !asBuffer(bytes).includes(0);
}

async function unknownFault(declared: string, bytes: Uint8Array): Promise<string | undefined> {
  if (startsWith(bytes, '#!') && !isProgramType(declared)) {
    return `is declared as ${declared}, but its content is a script`;
  }
  // Readers take a PDF that begins within its first 1,024 bytes (ISO 32000, Annex H).
  if (declared === 'application/pdf' && asBuffer(bytes.subarray(0, 1024)).includes('%PDF-')) return undefined;
  const isKnown = isCompound(declared) || isPackage(declared) || (await isDetectable(declared));
  return isKnown ? `is declared as ${declared}, but its content is not that` : undefined;
}

function agree({ declared, found, bytes }: Compared & { readonly found: string }): boolean {
  if (isProgramType(found) || isProgramType(declared)) return isProgramType(found) && isProgramType(declared);
  if (declared === found || declared === 'application/octet-stream') return true;
  switch (found) {
    case 'application/x-cfb':
      // Office locks its newer documents with a password by putting them into the older container.
      return isCompound(declared) || isPackage(declared);
    case 'application/rtf':
      return declared === 'application/msword';
    case 'application/zip':
      return isPackage(declared) && asBuffer(bytes).includes('[Content_Types].xml');
    case 'image/heif':
    case 'image/heic':
      return declared === 'image/heic' || declared === 'image/heif';
    default:
      return false;
  }
}

/** Documents of Office before 2007: OLE's compound file, which does not say what is in it. */
function isCompound(type: string): boolean {
  return COMPOUND.has(type);
}

const COMPOUND: ReadonlySet<string> = new Set([
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.ms-outlook',
  'application/vnd.ms-powerpoint',
  'application/vnd.ms-project',
  'application/vnd.visio',
]);

/** Documents of Office since 2007. */
function isPackage(type: string): boolean {
  return type.startsWith('application/vnd.openxmlformats-officedocument.');
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return asBuffer(bytes.subarray(0, text.length)).toString('latin1') === text;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
