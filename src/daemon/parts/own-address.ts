/** Where people find the dashboard, what a browser takes for its origin, and what they have to show there. */

import { createOwnOrigin, type OwnOriginOf } from '../../api/own-origin.ts';
import { reachable } from '../process/reachable.ts';
import type { LiveConfig } from '../reload/live-config.ts';

export interface OwnAddress {
  /** Without a slash at its end. */
  readonly baseUrl: () => string;
  /** It leads here from outside. */
  readonly isPublic: () => boolean;
  readonly ownOrigin: OwnOriginOf;
  readonly secondFactorRequired: () => boolean;
}

/** `port`: what the system chose, where the configuration leaves it to it. */
export function createOwnAddress(config: LiveConfig, port: () => number | undefined = () => undefined): OwnAddress {
  return {
    baseUrl() {
      const { publicUrl, tls, host, port: configured } = config.now().http;
      const at = `${tls === undefined ? 'http' : 'https'}://${reachable({ host, port: port() ?? configured })}`;
      return (publicUrl ?? at).replace(/\/$/, '');
    },
    isPublic: () => config.now().http.publicUrl !== undefined,
    ownOrigin: createOwnOrigin(() => config.now().http.publicUrl),
    secondFactorRequired: () => config.now().dashboard.requireSecondFactor,
  };
}
