/** The steps between the doors and the store, made alike for the daemon and for a command over the local store. */

import { createDirectory, type Directory } from '../../access/directory.ts';
import { createKeys, type Keys } from '../../access/keys.ts';
import { createLoginProviders, type LoginProviders } from '../../access/login-providers.ts';
import { createLoginThrottle, type LoginThrottle } from '../../access/login-throttle.ts';
import { createPasskeys, type Passkeys } from '../../access/passkeys.ts';
import { createPasswords, type Passwords } from '../../access/passwords.ts';
import { createSessions, type Sessions } from '../../access/sessions.ts';
import { createTotpCodes, type TotpCodes } from '../../access/totp.ts';
import type { Log } from '../../base/observe/log.ts';
import type { Vault } from '../../core/vault.ts';
import { keptTokens } from '../../manage/kept-tokens.ts';
import { createLinkTokens, type LinkTokens } from '../../manage/link-tokens.ts';
import { createOwnLinks, type OwnLinksOf } from '../../manage/own-links.ts';
import type { ComposeMime, ReadBytes } from '../../message/delivery/parcel.ts';
import { createKnownTemplates, type KnownTemplates } from '../../message/intake/known-templates.ts';
import { composeMime } from '../../message/render/mime.ts';
import { createRender, type Render } from '../../message/render/render.ts';
import { createSnapshots } from '../../message/render/snapshots.ts';
import { createTemplateEngine, type TemplateEngine } from '../../message/render/template-engine.ts';
import type { LiveConfig } from '../reload/live-config.ts';
import type { IntakeGround } from './intake.ts';
import type { RenderingThreads } from './renderer.ts';
import { trackedCopies } from './tracking.ts';

/** What everything else is made from. */
export interface Ground extends IntakeGround {
  readonly log: Log;
  readonly vault: Vault;
}

export interface Stations {
  readonly directory: Directory;
  readonly keys: Keys;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly totp: TotpCodes;
  readonly passkeys: Passkeys;
  readonly loginProviders: LoginProviders;
  readonly throttle: LoginThrottle;
  readonly linkTokens: LinkTokens;
  readonly ownLinks: OwnLinksOf;
  readonly render: Render;
  readonly templateEngine: TemplateEngine;
  readonly knownTemplates: KnownTemplates;
  readonly composeMime: ComposeMime;
  readonly readBytes: ReadBytes;
}

/** `threads`: what others must not wait for is rendered in them. */
export function createStations(ground: Ground, config: LiveConfig, threads?: RenderingThreads): Stations {
  const { store, blobs, clock, newId, vault, log } = ground;
  const directory = createDirectory({ store, clock });
  const templateEngine = createTemplateEngine(threads);
  const readBytes: ReadBytes = async (content) => ('blob' in content ? blobs.read(content.blob) : content.bytes);
  const snapshotOf = createSnapshots(store.templates.kept);
  const linkTokens = createLinkTokens({ clock, vault, kept: keptTokens(ground) });
  const ownLinks = createOwnLinks(
    { clock, vault, kept: keptTokens(ground) },
    config.options(({ http, feedback }) => ({
      publicUrl: http.publicUrl?.replace(/\/$/, ''),
      domain: feedback.domain,
    })),
  );
  return {
    directory,
    keys: createKeys({ store, directory, clock, newId, log }),
    sessions: createSessions({ store, clock, newId, log }),
    passwords: createPasswords(),
    totp: createTotpCodes({ store, vault, clock }),
    passkeys: createPasskeys({ store, vault, clock }),
    loginProviders: createLoginProviders(
      { clock, log },
      config.options(({ dashboard }) => ({ providers: dashboard.oidc })),
    ),
    throttle: createLoginThrottle({ clock }),
    ownLinks,
    linkTokens,
    render: createRender(
      threads?.plain,
      { engine: templateEngine, snapshotOf },
      { tracker: { copyOf: trackedCopies(linkTokens, config), readBytes }, ownLinksOf: ownLinks.of },
    ),
    templateEngine,
    knownTemplates: createKnownTemplates({ store, clock }),
    composeMime: (input) => composeMime({ blobs }, input),
    readBytes,
  };
}
