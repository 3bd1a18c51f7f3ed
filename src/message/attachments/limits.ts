/** The attachments that a message may carry, and their types: the platform's limits, with the tenant's own in their place. */

import type { TenantSettings } from '../../core/tenant-settings.ts';

export interface AttachmentLimits {
  /** Attachments of a message, those fetched by URL included. */
  readonly maxCount: number;
  readonly maxBytes: number;
  /** All attachments of a message together. */
  readonly maxTotalBytes: number;
  /** MIME types, or patterns such as `image/*`. */
  readonly types: readonly string[];
}

const OPEN_XML = 'application/vnd.openxmlformats-officedocument';
const OPEN_DOCUMENT = 'application/vnd.oasis.opendocument';

/**
 * PDF, images, Office documents and CSV (seed 001 §9), and two that no mail program runs: plain text, which scripts send,
 * and invitations. SVG and documents with macros are not among them: both hold programs.
 */
export const defaultAttachmentTypes: readonly string[] = [
  'application/pdf',
  ...['avif', 'bmp', 'gif', 'heic', 'heif', 'jpeg', 'png', 'tiff', 'webp'].map((name) => `image/${name}`),
  ...['application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint', 'application/rtf'],
  ...['wordprocessingml.document', 'wordprocessingml.template'].map((name) => `${OPEN_XML}.${name}`),
  ...['spreadsheetml.sheet', 'spreadsheetml.template'].map((name) => `${OPEN_XML}.${name}`),
  ...['presentation', 'slideshow', 'template'].map((name) => `${OPEN_XML}.presentationml.${name}`),
  ...['text', 'spreadsheet', 'presentation'].map((name) => `${OPEN_DOCUMENT}.${name}`),
  'text/csv',
  'text/plain',
  'text/calendar',
];

export const defaultAttachmentLimits: AttachmentLimits = {
  maxCount: 10,
  maxBytes: 10 * 1024 * 1024,
  maxTotalBytes: 25 * 1024 * 1024,
  types: defaultAttachmentTypes,
};

export function attachmentLimits(platform: AttachmentLimits, tenant: TenantSettings): AttachmentLimits {
  return {
    maxCount: tenant.maxAttachments ?? platform.maxCount,
    maxBytes: tenant.maxAttachmentBytes ?? platform.maxBytes,
    maxTotalBytes: tenant.maxAttachmentsBytes ?? platform.maxTotalBytes,
    types: tenant.attachmentTypes ?? platform.types,
  };
}
