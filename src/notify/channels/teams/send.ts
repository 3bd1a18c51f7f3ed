/**
 * How a workflow of Teams is posted to, and what its answers mean: it takes a card with 202 and posts it after that
 * (learn.microsoft.com/connectors/teams, "When a Teams webhook request is received"; read 2026-11-30).
 */

import type { PostAnswer, PostOutcome, PostRequest } from '../channel.ts';
import { deferredBy } from '../wait.ts';
import type { TeamsSettings } from './settings.ts';

export function teamsRequest({ webhookUrl }: TeamsSettings): PostRequest {
  return { url: webhookUrl, headers: { 'content-type': 'application/json' } };
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'the workflow does not take this message, or it is turned off',
  401: 'the URL of the workflow is not whole, or its signature is wrong',
  403: 'the workflow does not let this caller post',
  404: 'the workflow does not exist any more',
  410: 'the workflow does not exist any more',
  413: 'the card is too large',
};

export function teamsOutcome(heard: PostAnswer): PostOutcome {
  const { status } = heard;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const why = REFUSALS[status];
  if (why !== undefined) return { kind: 'rejected', reason: `Teams refused it: ${why} (HTTP ${status})` };
  return deferredBy(heard, 'Teams') ?? { kind: 'rejected', reason: `Teams refused it: HTTP ${status}` };
}
