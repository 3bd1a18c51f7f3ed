/** The files of what gathered: as many of the newest as a mail may carry, under names that tell them apart. */

import type { Attachment } from '../core/message.ts';
import type { DueWindow, NotificationFile } from '../db/verbs/notifications.ts';
import type { AttachmentLimits } from '../message/attachments/limits.ts';
import { isAllowedType } from '../message/attachments/media-type.ts';
import { type Item, LISTED } from './content.ts';

export type ItemFile = NonNullable<Item['files']>[number];

/** With base64 and the rest, a mail of 10 MB: no vendor takes less. */
const MAX_BYTES = 7 * 1024 * 1024;

/**
 * By item: which of its files go with the mail. The newest come first, and only of items that are listed. `limits` are those of the
 * moment, which may be narrower than when a file was taken; absent: nothing is attached.
 */
export function chosenFiles(
  items: DueWindow['items'],
  limits: AttachmentLimits | undefined,
): readonly (readonly ItemFile[])[] {
  let count = limits?.maxCount ?? 0;
  let bytes = Math.min(limits?.maxTotalBytes ?? 0, MAX_BYTES);
  const isRefused = ({ size, contentType }: DueWindow['items'][0]['files'][0]) =>
    limits !== undefined && (size > limits.maxBytes || !isAllowedType(contentType, limits.types));
  const names = new Set<string>();
  const chosen = items.map((): readonly ItemFile[] => []);
  for (let at = items.length - 1; at >= 0; at--) {
    const isListed = at >= items.length - LISTED;
    chosen[at] = (items[at]?.files ?? []).map((file): ItemFile => {
      const { filename, size } = file;
      if (isRefused(file)) return { filename, size, isAttached: false, isRefused: true };
      const isAttached = isListed && count > 0 && size <= bytes;
      if (!isAttached) return { filename, size, isAttached };
      count--;
      bytes -= size;
      return { filename: distinct(filename, names), size, isAttached };
    });
  }
  return chosen;
}

/** `run.log`, then `run (2).log`. */
function distinct(filename: string, names: Set<string>): string {
  const dot = filename.lastIndexOf('.');
  const end = dot > 0 ? dot : filename.length;
  const [stem, ending] = [filename.slice(0, end), filename.slice(end)];
  let name = filename;
  for (let n = 2; names.has(name.toLowerCase()); n++) name = `${stem} (${n})${ending}`;
  names.add(name.toLowerCase());
  return name;
}

/** What goes with the mail. */
export async function attachedFiles(
  items: DueWindow['items'],
  chosen: readonly (readonly ItemFile[])[],
  filesOf: (notificationId: string) => Promise<readonly NotificationFile[]>,
): Promise<readonly Attachment[]> {
  const attachments: Attachment[] = [];
  for (const [at, { notificationId }] of items.entries()) {
    const wanted = chosen[at] ?? [];
    if (!wanted.some(({ isAttached }) => isAttached)) continue;
    const kept = await filesOf(notificationId);
    for (const [n, { filename, isAttached }] of wanted.entries()) {
      const file = kept[n];
      if (!isAttached || file === undefined) continue;
      const { content: bytes, contentType } = file;
      attachments.push({ filename, contentType, content: { bytes, size: bytes.length } });
    }
  }
  return attachments;
}
