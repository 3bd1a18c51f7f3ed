/** A page that a recipient opens from a mail: it runs nothing, loads nothing but the tenant's logo, and sends no address on. */

import { createHash } from 'node:crypto';
import type { Branding } from '../../core/template.ts';
import { type Html, html } from './html.ts';
import { styleOf } from './look.ts';
import type { Words } from './words.ts';

export interface PageOwner {
  readonly name: string;
  readonly branding: Branding;
}

interface PageParts {
  readonly words: Words;
  /** Whose it is; absent where that is not known. */
  readonly owner?: PageOwner | undefined;
  readonly title: string;
  readonly content: Html;
  readonly status?: number;
}

/** What a route answers. */
export function pageReply({ words, owner, title, content, status = 200 }: PageParts) {
  const { branding = {}, name } = owner ?? {};
  const style = styleOf(branding);
  const whole = html`<!doctype html>
<html lang="${words.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>`;
  const rest = html`</style>
</head>
<body>
${head(branding, name)}
<main>
<h1>${title}</h1>
${content}
</main>
${foot(branding)}
</body>
</html>
`;
  return {
    status,
    type: 'text/html; charset=utf-8',
    body: `${whole}${style}${rest}`,
    headers: {
      'content-security-policy': policyOf(style, branding.logoUrl),
      'content-language': words.lang,
      vary: 'accept-language',
      // The address of the page is a key.
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'x-robots-tag': 'noindex',
      'cross-origin-opener-policy': 'same-origin',
    },
  };
}

function policyOf(style: string, logoUrl: string | undefined): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const logo = logoUrl === undefined ? undefined : URL.parse(logoUrl)?.origin;
  return [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    ...(logo === undefined ? [] : [`img-src ${logo}`]),
    ...["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
  ].join('; ');
}

function head({ logoUrl }: Branding, name: string | undefined): Html | undefined {
  if (name === undefined) return undefined;
  if (logoUrl === undefined || URL.parse(logoUrl) === null) return html`<header>${name}</header>`;
  return html`<header><img src="${logoUrl}" alt="${name}" referrerpolicy="no-referrer"></header>`;
}

function foot({ footer, address, supportEmail }: Branding): Html | undefined {
  const lines = [footer, address].filter((line) => line !== undefined);
  if (lines.length === 0 && supportEmail === undefined) return undefined;
  const mail =
    supportEmail === undefined ? undefined : html`<p><a href="mailto:${supportEmail}">${supportEmail}</a></p>`;
  return html`<footer>${lines.map((line) => html`<p>${line}</p>`)}${mail}</footer>`;
}
