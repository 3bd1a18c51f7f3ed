/** The return paths of mail that leaves, and who is meant by mail that comes to one. */

import type { Directory } from '../access/directory.ts';
import { domainOf } from '../core/address.ts';
import type { Message } from '../core/message.ts';
import { type ReadReturnPath, readReturnPath, writeReturnPath } from '../core/return-path.ts';
import { createKeptKeys, type KeptKeyDeps } from './kept-keys.ts';
import { createLinkTokens } from './link-tokens.ts';

type Sent = Pick<Message, 'id' | 'tenantId' | 'envelopeFrom' | 'content'>;

export interface ReturnPaths {
  /** The return path of each recipient; undefined where the message keeps its own envelope sender. At once without a domain. */
  of(message: Sent): Promise<((position: number) => string) | undefined> | undefined;
  /** Undefined without a domain. */
  reader(): Promise<ReadReturnPath | undefined>;
}

export interface ReturnPathDeps extends KeptKeyDeps {
  readonly directory: Pick<Directory, 'byId'>;
}

/** Read at each use. */
export interface ReturnPathOptions {
  /** In lower case. */
  readonly domain?: string | undefined;
}

const PURPOSE = 'return path';
/** After another one signs: mail is tried for five days, and its reports for five more. */
const KEPT_FOR_MS = 30 * 86_400_000;

export function createReturnPaths(deps: ReturnPathDeps, options: ReturnPathOptions): ReturnPaths {
  const { directory } = deps;
  const keys = createKeptKeys(deps, { purpose: PURPOSE, keptForMs: KEPT_FOR_MS });
  const links = createLinkTokens(deps);

  async function senderFor(message: Sent, domain: string) {
    if (!(await isOurs(message))) return undefined;
    const key = await keys.signing();
    return (position: number) => writeReturnPath({ messageId: message.id, position }, { key, domain });
  }

  /** What comes whole may be passed on for others, who want to hear of it themselves. */
  async function isOurs({ content, envelopeFrom, tenantId }: Sent): Promise<boolean> {
    if (envelopeFrom === '') return false;
    if (content.kind === 'parts') return true;
    const own = (await directory.byId(tenantId))?.senderDomains ?? [];
    const domain = domainOf(envelopeFrom);
    return own.length === 0 || own.some((one) => domain === one || domain.endsWith(`.${one}`));
  }

  return {
    of(message) {
      const { domain } = options;
      return domain === undefined ? undefined : senderFor(message, domain);
    },
    async reader() {
      const { domain } = options;
      if (domain === undefined) return undefined;
      const signed = { keys: [...(await keys.all()), ...(await links.keys())], domain };
      return (address) => readReturnPath(address, signed);
    },
  };
}
