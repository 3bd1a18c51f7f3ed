/** The suppression list of a tenant: addresses it must not mail. */

import * as z from 'zod';
import { IepError } from '../core/errors.ts';
import { invalid } from '../core/invalid.ts';
import { timeField } from '../core/time-field.ts';
import { changed, changeOf, strengthened } from '../db/rules/suppression-merge.ts';
import {
  type NewSuppression,
  type Suppression,
  type SuppressionChange,
  suppressionReasons,
  suppressionStates,
} from '../db/verbs/suppressions.ts';
import type { AppDeps } from './deps.ts';
import { fileText } from './file-text.ts';
import { filterText } from './filter-text.ts';
import { cursorField, limitField } from './paging.ts';
import { content, json, noContent } from './reply.ts';
import { jsonBody, type Route, tenantAction, tenantRoute } from './route.ts';
import { importedShape, pageOf, suppressionDetailShape, suppressionPutShape, suppressionShape } from './shapes.ts';
import { EXPIRED, readEntryAddress } from './suppression-entry.ts';
import { exportCsv, readSuppressionFile } from './suppression-file.ts';
import { suppressionDetailView, suppressionView } from './views.ts';

/** Entries written in one commit, so that an import lets others in between. */
const IMPORT_COMMIT = 1_000;

function readBytes(input: unknown): Uint8Array {
  if (!(input instanceof Uint8Array)) throw new Error('The body of an import is its bytes');
  return input;
}

const address = z.string().transform((value, context): string => {
  const email = readEntryAddress(value);
  if (email !== undefined) return email;
  context.addIssue({ code: 'custom', message: 'is neither an address such as "user@example.com" nor "*@example.com"' });
  return z.NEVER;
});

const suppressionEntry = z.strictObject({
  email: address.describe('An address, or `*@example.com` for all addresses of a domain'),
  reason: z.enum(suppressionReasons).optional().describe('Left out: that of the entry which is there, else `manual`'),
  note: z.string().max(1_000).optional().describe('Left out: that of the entry which is there'),
  expiresAt: timeField.optional().describe('Mailed again from then on; in the future. Left out: never'),
});

export function suppressionRoutes(deps: AppDeps): readonly Route[] {
  const { store, clock } = deps;
  return [
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions',
      summary: 'List suppressed addresses',
      query: z.strictObject({
        q: filterText.optional().describe('Part of the address'),
        reason: z.enum(suppressionReasons).optional(),
        state: z.enum(suppressionStates).optional().describe('`active` where it is left out'),
        limit: limitField,
        cursor: cursorField,
      }),
      answers: { 200: { description: 'A page, by address', schema: pageOf(suppressionShape) } },
      async handle({ tenant, query, gone }) {
        const { q, reason, state, limit, cursor } = query;
        const page = await store.suppressions(
          {
            tenantId: tenant.id,
            limit,
            now: clock.now(),
            ...(q === undefined ? {} : { q: q.replace(/^\*(?=@)/, '') }),
            ...(reason === undefined ? {} : { reason }),
            ...(state === undefined ? {} : { state }),
            ...(cursor === undefined ? {} : { cursor }),
          },
          gone,
        );
        return json({ items: page.items.map(suppressionView), cursor: page.cursor ?? null });
      },
    }),
    tenantAction('suppression.add', {
      method: 'POST',
      path: '/v1/suppressions',
      summary: 'Suppress an address, or change why and until when',
      body: jsonBody(suppressionEntry),
      answers: { 201: { description: 'The entry as it is now', schema: suppressionPutShape } },
      async handle({ tenant, body }) {
        const { email, reason, note, expiresAt } = body;
        const now = clock.now();
        if (expiresAt !== undefined && expiresAt <= now) throw invalid([{ path: 'expiresAt', message: EXPIRED }]);
        const entry = {
          email,
          createdAt: now,
          ...(reason === undefined ? {} : { reason }),
          ...(note === undefined ? {} : { note }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
        };
        const [change = 'unchanged'] = await store.addSuppressions({
          ...{ tenantId: tenant.id, entries: [entry], max: deps.maxSuppressions() },
        });
        // One that was there already keeps the time it was made.
        const kept = await store.suppression({ tenantId: tenant.id, email, now });
        return json({ ...suppressionView(kept ?? changed(undefined, entry)), change }, 201);
      },
    }),
    tenantAction('suppression.import', {
      method: 'POST',
      path: '/v1/suppressions/import',
      summary: 'Add the addresses of a file of ours or of another service, and report the lines that are wrong',
      query: z.strictObject({
        strict: z.stringbool().default(false).describe('Add all of them, or none when a line is wrong'),
        dryRun: z.stringbool().default(false).describe('Only tell what would be added, changed and refused'),
        reason: z.enum(suppressionReasons).optional().describe('Of lines that say none; `manual` where it is left out'),
      }),
      body: {
        type: 'text/csv',
        required: true,
        example: 'email,reason,note,expiresAt\r\njo@example.com,manual,asked by phone,\r\n',
        read: readBytes,
      },
      answers: {
        200: { description: 'How many, and the lines that were refused', schema: importedShape },
      },
      async handle({ tenant, body, query, note, header, gone }) {
        const now = clock.now();
        const [, charset] = /;\s*charset="?([^";]+)/i.exec(header('content-type') ?? '') ?? [];
        const { strict, dryRun, reason } = query;
        const { entries, ...read } = await readSuppressionFile(fileText(body, charset), { now, strict, reason });
        const counts = { added: 0, changed: 0, unchanged: 0 };
        const put = dryRun
          ? foretell({ tenantId: tenant.id, now }, gone)
          : strengthen({ tenantId: tenant.id, now }, gone);
        for (let start = 0; start < entries.length; start += IMPORT_COMMIT) {
          const changes = await put(entries.slice(start, start + IMPORT_COMMIT)).catch(tellingOf(start));
          for (const change of changes) counts[change] += 1;
        }
        note({ imported: entries.length, ...counts, refused: read.refused, dryRun });
        return json({ imported: entries.length, ...counts, ...read, dryRun });
      },
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions/export',
      summary: 'All suppressed addresses as CSV, as the import takes them',
      answers: { 200: { description: 'The list', type: 'text/csv' } },
      handle: ({ tenant, gone }) =>
        content({
          type: 'text/csv; charset=utf-8',
          body: exportCsv((cursor) =>
            store.suppressions(
              { tenantId: tenant.id, limit: 1_000, now: clock.now(), ...(cursor === undefined ? {} : { cursor }) },
              gone,
            ),
          ),
          filename: 'suppressions.csv',
        }),
    }),
    tenantRoute(['read', 'admin'], {
      method: 'GET',
      path: '/v1/suppressions/:email',
      summary: 'The entry that suppresses an address, with its evidence',
      answers: { 200: { description: 'Its own entry, else that of its domain', schema: suppressionDetailShape } },
      async handle({ tenant, param }) {
        const email = readEntryAddress(param('email'));
        const entry = email && (await store.suppression({ tenantId: tenant.id, email, now: clock.now() }));
        if (!entry) throw new IepError('not_found', 'That address is not on the list');
        return json(suppressionDetailView(entry));
      },
    }),
    tenantAction('suppression.remove', {
      method: 'DELETE',
      path: '/v1/suppressions/:email',
      summary: 'Mail an address again',
      answers: { 204: { description: 'It is off the list' } },
      async handle({ tenant, param }) {
        const email = readEntryAddress(param('email'));
        const wasThere = email !== undefined && (await store.removeSuppression({ tenantId: tenant.id, email }));
        if (!wasThere) throw new IepError('not_found', 'That address is not on the list');
        return noContent();
      },
    }),
  ];

  interface Import {
    readonly tenantId: string;
    readonly now: number;
  }
  type Put = (entries: readonly NewSuppression[]) => Promise<readonly SuppressionChange[]>;

  function strengthen({ tenantId, now }: Import, gone: AbortSignal): Put {
    return (entries) =>
      store.addSuppressions({ tenantId, entries, strengthenAt: now, max: deps.maxSuppressions() }, gone);
  }

  /** What `strengthen` would come to, an address that stands in several lines included. */
  function foretell({ tenantId, now }: Import, gone: AbortSignal): Put {
    const assumed = new Map<string, Suppression>();
    return async (entries) => {
      const emails = [...new Set(entries.map(({ email }) => email))].filter((email) => !assumed.has(email));
      for (const one of await store.suppressionsOf({ tenantId, emails, now }, gone)) assumed.set(one.email, one);
      return entries.map((entry) => {
        const known = assumed.get(entry.email);
        const next = strengthened(known, entry);
        assumed.set(entry.email, next);
        return changeOf(known, next);
      });
    };
  }
}

/** What of the file was written before the list was full. */
function tellingOf(written: number): (error: unknown) => never {
  return (error) => {
    const isFull = written > 0 && error instanceof IepError && error.code === 'conflict';
    throw isFull ? new IepError('conflict', `${error.message} The first ${written} of the file were added.`) : error;
  };
}
