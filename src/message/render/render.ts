/**
 * From what the caller submitted to what is sent. The same message always renders to the same text for one recipient, or fails for the
 * same reason, for good. What may take long is rendered in a thread that can be ended.
 */

import type { Bytes, Message, Parts, RawMessage, Recipient, Rendered } from '../../core/message.ts';
import { rfc3339 } from '../../core/rfc3339.ts';
import { MAX_TRACKED_MIME, type TrackedCopy } from '../tracking/links.ts';
import { acknowledgeLink, withAcknowledgeFoot } from './acknowledge-foot.ts';
import { createFill, isTemplate, type ShownLinks, type Work } from './fill.ts';
import { defaultRenderLimits, type RenderLimits } from './limits.ts';
import type { RenderingThread } from './rendering-thread.ts';
import type { ReadSnapshot } from './snapshots.ts';
import type { TemplateEngine } from './template-engine.ts';
import { doTrackWork } from './track-work.ts';

export type RenderResult =
  /**
   * `rendered` is absent for a raw message. `changed`: variables were put in, and the result is worth storing. `isPersonal`: it
   * says who gets it, so that another recipient's copy is another.
   */
  | {
      readonly ok: true;
      readonly rendered?: Rendered;
      readonly changed: boolean;
      readonly isPersonal?: true;
      /** What goes out in place of a raw message, as the copy of one recipient. */
      readonly content?: RawMessage;
    }
  /** The template is at fault; with `later` nothing is, and its tenant's other messages hold rendering up until then. */
  | { readonly ok: false; readonly reason: string; readonly later?: number };

/**
 * `recipient`: whose copy it is, with the links and the pixel that are its own; by default that of the first that the header shows, as
 * people look at it, without these.
 */
export type Render = (message: Message, recipient?: Pick<Recipient, 'address' | 'position'>) => Promise<RenderResult>;

/** The links of ours that a copy may show; undefined, without waiting, where its message has none. */
export type ShownLinksOf = (
  message: Message,
) => Promise<(recipient: Pick<Recipient, 'address' | 'position'>) => ShownLinks> | undefined;

/** From this size on making text of HTML takes longer than others should wait: 64 KiB take about 2 ms. */
const LARGE_HTML = 64 * 1024;

/** What messages that are made with a stored template are rendered by. */
export interface StoredTemplates {
  readonly engine: TemplateEngine;
  readonly snapshotOf: ReadSnapshot;
}

/** What noting the reading of messages needs; without it they leave as they are. */
export interface Tracker {
  /** Undefined where nobody could reach the links. */
  copyOf(message: Message, position: number): Promise<TrackedCopy | undefined>;
  readBytes(content: Bytes): Promise<Uint8Array>;
}

/**
 * `thread`: absent where nobody else waits for this one. `stored`: absent where no message is made with a template. `tracker`: absent where
 * nothing is sent.
 */
export function createRender(
  thread?: RenderingThread,
  stored?: StoredTemplates,
  {
    limits = defaultRenderLimits,
    tracker,
    ownLinksOf,
  }: { limits?: RenderLimits; tracker?: Tracker; ownLinksOf?: ShownLinksOf } = {},
): Render {
  const fill = createFill(limits);

  return async (message, recipient) => {
    const whose = recipient ?? { address: shownRecipient(message), position: 0 };
    const finding = ownLinksOf?.(message);
    const links = finding === undefined ? {} : (await finding)(whose);
    const result = footed(message, await renderFor(message, whose.address, links));
    const isReadable = message.content.kind === 'raw' || (result.ok && result.rendered?.html !== undefined);
    if (message.tracking === undefined || !result.ok || !isReadable) return result;
    const personal = { ...result, isPersonal: true } as const;
    const copy = recipient && (await tracker?.copyOf(message, recipient.position));
    return copy === undefined ? personal : track(message, copy, personal);
  };

  async function track(message: Message, copy: TrackedCopy, done: RenderResult & { ok: true }): Promise<RenderResult> {
    const { content, tenantId } = message;
    const { rendered } = done;
    const isLarge = (length: number) => thread !== undefined && length > LARGE_HTML;
    if (rendered?.html !== undefined) {
      const work = { html: rendered.html, copy };
      const tracked = isLarge(work.html.length) ? await thread?.track(tenantId, work) : await doTrackWork(work);
      if (tracked?.ok === false) return tracked;
      return tracked !== undefined && 'html' in tracked
        ? { ...done, rendered: { ...rendered, html: tracked.html } }
        : done;
    }
    if (content.kind !== 'raw' || tracker === undefined || content.raw.size > MAX_TRACKED_MIME) return done;
    const work = { mime: await tracker.readBytes(content.raw), copy };
    const tracked = isLarge(work.mime.byteLength) ? await thread?.track(tenantId, work) : await doTrackWork(work);
    if (tracked?.ok === false) return tracked;
    const bytes = tracked !== undefined && 'mime' in tracked ? tracked.mime : undefined;
    return bytes === undefined ? done : { ...done, content: { ...content, raw: { bytes, size: bytes.byteLength } } };
  }

  async function renderFor(message: Message, recipient: string, links: ShownLinks): Promise<RenderResult> {
    const { tenantId, subject, content } = message;
    if (content.kind === 'raw') return { ok: true, changed: false };
    const { template, html, text, variables } = content;
    if (template !== undefined) return renderStored(message, { ...content, template }, { recipient, links });
    const work: Work = {
      ...{ subject, recipient, links: { ...shownLinks(links), ...acknowledgeLink(message) } },
      ...(html !== undefined && { html }),
      ...(text !== undefined && { text }),
      ...(variables !== undefined && { variables }),
    };
    const filled = thread && isDear(work) ? await thread.render(tenantId, work) : await fill(work);
    return filled.ok ? { ...filled, changed: variables !== undefined } : filled;
  }

  async function renderStored(
    message: Message,
    { template, variables = {} }: Parts & { readonly template: NonNullable<Parts['template']> },
    { recipient, links }: { readonly recipient: string; readonly links: ShownLinks },
  ): Promise<RenderResult> {
    const { name, version, snapshot, locale } = template;
    if (stored === undefined) throw new Error(`Nothing renders the template ${name} here`);
    const made = snapshot === undefined ? undefined : await stored.snapshotOf(message.tenantId, snapshot);
    if (made === undefined) return { ok: false, reason: `what ${name}, version ${version} says is not there any more` };
    const { definition, library, brand } = made;
    const done = await stored.engine.render(message.tenantId, {
      ...{ definition, library, brand, variables },
      ...(locale !== undefined && { locale }),
      system: { ...systemOf(message, recipient), ...shownLinks(links), ...acknowledgeLink(message) },
    });
    if (!done.ok) return { ...done, reason: `template ${name}, version ${version}: ${done.reason}` };
    return { ...done, changed: true };
  }
}

function footed(message: Message, result: RenderResult): RenderResult {
  if (!result.ok || result.rendered === undefined) return result;
  const rendered = withAcknowledgeFoot(message, result.rendered);
  return rendered === result.rendered ? result : { ...result, rendered, changed: true };
}

/** The same whenever it is rendered: the time is that of the message. */
function systemOf({ id, createdAt, scheduledAt }: Message, recipient: string) {
  return { now: rfc3339(scheduledAt ?? createdAt), messageId: id, ...(recipient !== '' && { recipient }) };
}

/** What may be handed to a thread: no more than these. */
function shownLinks({ unsubscribeUrl, preferencesUrl }: ShownLinks) {
  return {
    ...(unsubscribeUrl !== undefined && { unsubscribeUrl }),
    ...(preferencesUrl !== undefined && { preferencesUrl }),
  };
}

/** Whose copy stands for all where one is shown. */
export function shownRecipient({ to }: Message): string {
  return to[0]?.email ?? '';
}

function isDear(work: Work): boolean {
  return isTemplate(work) || (work.text === undefined && (work.html?.length ?? 0) > LARGE_HTML);
}
