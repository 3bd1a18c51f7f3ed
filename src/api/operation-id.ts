/** The name of a call in /openapi.json, and in the clients that are made from it: `sendMessage`, `listDomains`, `verifyDomain`. */

import type { RouteDoc } from './route.ts';

/** Where the rule below would say less than a word of its own. */
const named: Readonly<Record<string, string>> = {
  'POST /v1/messages': 'sendMessage',
  'POST /v1/messages/batch': 'sendMessages',
  'POST /v1/messages/raw': 'sendRawMessage',
  'GET /v1/events/stream': 'streamEvents',
  'GET /a/:token': 'askToAcknowledge',
  'POST /a/:token': 'acknowledgeByLink',
  'GET /p/:token': 'showPreferences',
  'POST /p/:token': 'savePreferences',
  'GET /u/:token': 'askToUnsubscribe',
  'POST /u/:token': 'unsubscribe',
  'GET /v1/messages/export': 'exportMessages',
  'GET /v1/analytics': 'getAnalytics',
  'GET /v1/analytics/export': 'exportAnalytics',
  'GET /v1/suppressions/export': 'exportSuppressions',
  'DELETE /v1/inbox/messages': 'clearInbox',
  'POST /v1/session': 'signIn',
  'GET /v1/session': 'getSession',
  'DELETE /v1/session': 'signOut',
  'POST /v1/session/factor': 'showFactor',
  'POST /v1/session/factor/options': 'askForOwnPasskey',
  'PUT /v1/session/password': 'changePassword',
  'POST /v1/session/passkey': 'signInByPasskey',
  'POST /v1/session/passkey/options': 'askForPasskey',
  'GET /v1/session/passkeys': 'listPasskeys',
  'POST /v1/session/passkeys': 'addPasskey',
  'POST /v1/session/passkeys/options': 'offerPasskey',
  'DELETE /v1/session/passkeys/:id': 'removePasskey',
  'POST /v1/session/recovery-codes': 'renewRecoveryCodes',
  'POST /v1/session/totp': 'offerTotp',
  'POST /v1/session/totp/confirm': 'addTotp',
  'DELETE /v1/session/totp': 'removeTotp',
  'GET /v1/session/providers': 'listLoginProviders',
  'POST /v1/session/providers/:name/begin': 'beginLogin',
  'POST /v1/session/providers/:name': 'finishLogin',
  'POST /v1/session/link': 'useLink',
  'POST /v1/session/link/check': 'checkLink',
  'DELETE /v1/sessions/:id': 'endSession',
  'GET /v1/admin/audit': 'listAuditEntries',
  'GET /v1/admin/audit/verify': 'verifyAudit',
  'POST /v1/templates/preview': 'previewDraft',
  'POST /v1/templates/check': 'checkTemplates',
  'GET /v1/templates/:name/diff': 'diffTemplate',
  'GET /v1/preview/templates/:token': 'getTemplateFrame',
  'GET /v1/templates/:name/versions/:n': 'getTemplateVersion',
  'POST /v1/events': 'sendEvents',
  'POST /v1/apply': 'applyManifests',
  'GET /v1/resources/:kind': 'listResources',
  'GET /v1/resources/:kind/:name': 'getResource',
  'DELETE /v1/resources/:kind/:name': 'deleteResource',
  'GET /schemas': 'listKinds',
  'GET /schemas/:kind': 'getKind',
  'GET /openapi.json': 'getOpenapi',
  'POST /hooks/:provider': 'takeCallback',
  'GET /t/o/:token': 'showTrackingPixel',
  'GET /t/c/:token': 'followTrackedLink',
};

const verbs = { POST: 'create', PUT: 'replace', PATCH: 'update', DELETE: 'delete' } as const;

export function operationId({ method, path }: Pick<RouteDoc, 'method' | 'path'>): string {
  const given = named[`${method} ${path}`];
  if (given !== undefined) return given;
  const parts = path
    .split('/')
    .filter((part) => !['', 'v1', 'admin'].includes(part))
    .map(oneWord);
  const isOne = (at: number) => parts[at + 1]?.startsWith(':') === true;
  const nouns = parts.flatMap((part, at) => (part.startsWith(':') ? [] : [{ part, isOne: isOne(at) }]));
  const last = nouns.at(-1);
  const isThing = last === undefined || last.isOne || nouns.length === 1 || last.part.endsWith('s');
  // The last word of a POST about one thing is what is done to it: `/domains/:domain/verify`.
  const verb = method === 'POST' && !isThing ? nouns.pop()?.part : undefined;
  const name = nouns.map((noun) => capital(noun.isOne ? singular(noun.part) : noun.part)).join('');
  if (verb !== undefined) return `${verb}${name}`;
  const isList = method === 'GET' && last?.isOne === false && last.part.endsWith('s') && last.part !== 'stats';
  if (method === 'GET') return `${isList ? 'list' : 'get'}${name}`;
  return `${verbs[method]}${last?.isOne === false ? singular(name) : name}`;
}

function singular(noun: string): string {
  return noun.endsWith('ies') ? `${noun.slice(0, -3)}y` : noun.replace(/s$/, '');
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** `ping-store` as `pingStore`. */
function oneWord(part: string): string {
  const [first = '', ...others] = part.split('-');
  return first + others.map(capital).join('');
}
