/**
 * How Slack is posted to, and what its answers mean. An incoming webhook answers with a status and a word; `chat.postMessage` answers
 * 200 with `ok` and a code (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, docs.slack.dev/reference/methods/chat.postMessage,
 * read 2026-11-30).
 */

import { isRecord } from '../../../core/is-record.ts';
import type { PostAnswer, PostOutcome, PostRequest } from '../channel.ts';
import { waitOf } from '../wait.ts';
import type { SlackSettings } from './settings.ts';

const API = 'https://slack.com/api';

export function slackRequest(settings: SlackSettings): PostRequest {
  const { webhookUrl, token = '', apiUrl = API } = settings;
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  if (webhookUrl !== undefined) return { url: webhookUrl, headers };
  return {
    url: `${apiUrl.replace(/\/$/, '')}/chat.postMessage`,
    headers: { ...headers, authorization: `Bearer ${token}` },
  };
}

/** Of the channel's making: nobody can put them right by trying again. */
const REFUSALS: Readonly<Record<string, string>> = {
  account_inactive: 'the account of its token was deleted',
  action_prohibited: 'an administrator does not let this webhook post there',
  as_user_not_supported: 'the token is not one of a bot',
  channel_is_archived: 'the channel is archived',
  channel_not_found: 'the channel does not exist, or the bot is not in it',
  ekm_access_denied: 'an administrator has suspended posting',
  invalid_auth: 'the token is wrong',
  invalid_blocks: 'the blocks are not what Block Kit takes',
  invalid_blocks_format: 'the blocks are not what Block Kit takes',
  invalid_payload: 'the message is not what an incoming webhook takes',
  invalid_token: 'the webhook does not exist any more',
  is_archived: 'the channel is archived',
  missing_scope: 'the bot lacks the scope chat:write',
  msg_blocks_too_long: 'the message is too long',
  msg_too_long: 'the message is too long',
  no_active_hooks: 'the webhook is turned off',
  no_permission: 'the bot may not post to this channel',
  no_service: 'the webhook is turned off or does not exist any more',
  no_service_id: 'the address of the webhook is not whole',
  no_team: 'the workspace of the webhook does not exist',
  no_text: 'the message has no text',
  not_allowed_token_type: 'the token is not one of a bot',
  not_authed: 'the token is missing',
  not_in_channel: 'the bot is not in the channel; invite it',
  org_login_required: 'the workspace is being moved',
  posting_to_general_channel_denied: 'an administrator does not let the bot post to #general',
  restricted_action: 'an administrator does not let the bot post there',
  restricted_action_read_only_channel: 'the channel is read-only',
  team_disabled: 'the workspace is disabled',
  team_not_found: 'the workspace of the token does not exist',
  token_expired: 'the token has expired',
  token_revoked: 'the token was revoked',
  too_many_attachments: 'the message has too many attachments',
  user_not_found: 'the person whom the webhook names does not exist',
};

/** Of the moment. */
const DELAYS: readonly string[] = [
  'fatal_error',
  'internal_error',
  'message_limit_exceeded',
  'rate_limited',
  'ratelimited',
  'request_timeout',
  'rollup_error',
  'service_unavailable',
  'team_added_to_org',
];

export function slackOutcome(heard: PostAnswer): PostOutcome {
  const { status } = heard;
  const retryAfterMs = waitOf(heard);
  const said = saidBy(heard.body);
  if (status >= 200 && status < 300 && said.ok)
    return { kind: 'delivered', ...(said.id !== undefined && { id: said.id }) };
  const { code } = said;
  const why = REFUSALS[code];
  if (why !== undefined) return { kind: 'rejected', reason: `Slack refused it: ${why} (${code})` };
  const isDelay = DELAYS.includes(code) || status === 429 || status === 408 || status >= 500;
  const reason = `Slack ${isDelay ? 'is not taking it now' : 'refused it'}: ${code === '' ? `HTTP ${status}` : code}`;
  if (isDelay) return { kind: 'deferred', reason, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  return { kind: 'rejected', reason };
}

/** `ok` in plain text, or a JSON object. Other services that speak this form answer 2xx with a body of their own. */
function saidBy(body: string): { readonly ok: boolean; readonly code: string; readonly id?: string } {
  const text = body.trim();
  if (!text.startsWith('{')) return { ok: !(text in REFUSALS), code: codeOf(text) };
  try {
    const said: unknown = JSON.parse(text);
    if (!isRecord(said)) return { ok: true, code: '' };
    const { ok, error, ts, channel } = said;
    const id = typeof ts === 'string' ? `${String(channel)}/${ts}`.slice(0, 200) : undefined;
    return { ok: ok !== false, code: codeOf(error), ...(id !== undefined && { id }) };
  } catch {
    return { ok: false, code: '' };
  }
}

function codeOf(text: unknown): string {
  return typeof text === 'string' && /^[a-z][a-z0-9_]{1,59}$/.test(text) ? text : '';
}
