/**
 * Programs that load the pictures of mail or follow its links before anybody reads it, or without: the proxies of mailbox providers and
 * the scanners of mail gateways, by what they say they are and by the networks that their makers publish.
 */

/** The first that fits names it. */
const PROGRAMS: readonly (readonly [name: string, agent: RegExp])[] = [
  ['gmail_image_proxy', /GoogleImageProxy|ggpht\.com/i],
  // What Gmail loads while somebody has it open, before the mail is: https://bird.com/en/blog/gmail-prefetching-images, read 2026-11-30.
  ['gmail_prefetch', /Edge\/12\.246 Mozilla\/5\.0$/],
  ['yahoo_mail_proxy', /YahooMailProxy/i],
  // Mail Privacy Protection says no more than this, whether anybody reads the mail or not.
  ['apple_mail_privacy', /^Mozilla\/5\.0$/],
  ['barracuda', /Barracuda/i],
  ['mimecast', /Mimecast/i],
  ['proofpoint', /Proofpoint/i],
  ['safe_links', /SafeLinks/i],
  ['cisco_secure_email', /CiscoSecureEmail|IronPort/i],
  ['robot', /\bbot\b|[a-z]bot\/|crawler|spider/i],
  [
    'http_client',
    /curl\/|Wget\/|python-requests|Python-urllib|aiohttp|Go-http-client|okhttp|Java\/|libwww-perl|HeadlessChrome|AHC\/|node-fetch|axios\//i,
  ],
];

/**
 * A scanner that says nothing of itself, by the network of its Email Gateway Defense, 209.222.80.0/21:
 * https://campus.barracuda.com/product/emailgatewaydefense/doc/96023004/ip-analysis-inbound/, read 2026-11-30.
 */
const BARRACUDA = /^(::ffff:)?209\.222\.8[0-7]\./i;

/** Characters that say what it is, if anything does. */
const LOOK = 500;

/** The name of the program. `address`: of the network. */
export function knownMachine(userAgent: string | undefined, address?: string): string | undefined {
  const said = userAgent?.slice(0, LOOK) ?? '';
  const named = PROGRAMS.find(([, agent]) => agent.test(said))?.[0];
  return named ?? (address !== undefined && BARRACUDA.test(address) ? 'barracuda' : undefined);
}
