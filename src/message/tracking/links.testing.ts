/** For tests: links as they stand in a mail, below the address of the platform. */

import { trackedLinks } from './links.ts';

type Of = { readonly messageId: string; readonly position: number };

const linksOfCopy = (key: Uint8Array, copy: Of) =>
  trackedLinks({ base: '', key, ...copy, opens: true, clicks: true, kept: [] });

export const pixelOf = (key: Uint8Array, copy: Of) => linksOfCopy(key, copy).pixel();
export const linkTo = (key: Uint8Array, copy: Of, url: string) => linksOfCopy(key, copy).link(url);
