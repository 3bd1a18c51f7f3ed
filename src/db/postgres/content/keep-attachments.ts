/** The verb `keepAttachments`: files that were fetched for a claimed message become its attachments. */

import type { Verb } from '../verb.ts';

export const keepAttachments: Verb<'content.keepAttachments'> = {
  kind: 'write',
  prepare(db) {
    const find = db
      .prepare<[string, string, number], number>(
        `SELECT m.seq FROM messages m JOIN tenants t ON t.no = m.tenant_no JOIN outbox o ON o.message_seq = m.seq
         WHERE m.id = ? AND t.id = ? AND o.fence = ?`,
      )
      .pluck();
    const insert = db.prepare(
      `INSERT INTO attachments (message_seq, position, filename, content_type, content_id, size_bytes, content, storage_key)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const setPending = db.prepare('UPDATE contents SET attachment_urls = ? WHERE message_seq = ?');

    return async ({ tenantId, messageId, fence, fetched, pending }) => {
      const seq = await find.get(messageId, tenantId, fence);
      if (seq === undefined) return false;
      for (const { position, attachment } of fetched) {
        const { filename, contentType, contentId = null, content } = attachment;
        const bytes = 'bytes' in content ? content.bytes : null;
        const blob = 'blob' in content ? content.blob : null;
        await insert.run(seq, position, filename, contentType, contentId, content.size, bytes, blob);
      }
      await setPending.run(pending.length === 0 ? null : JSON.stringify(pending), seq);
      return true;
    };
  },
};
