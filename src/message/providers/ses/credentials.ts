/**
 * The credentials that a `ses` provider signs with: its own settings, else what AWS's standard chain finds (environment, web
 * identity, container, instance metadata v2). The chain keeps what it found and renews it before it ends.
 */

import type { AwsCredentials } from '../../../base/net/aws-signature.ts';
import type { Clock } from '../../../core/clock.ts';
import { withDeadline } from '../../../core/deadline.ts';
import { errorText } from '../../../core/error-text.ts';
import { IepError } from '../../../core/errors.ts';
import { oneLine } from '../reply.ts';
import type { SesSettings } from './settings.ts';

export interface CredentialSource {
  /** Rejects with NoCredentials. */
  get(): Promise<AwsCredentials>;
  /** They were refused: they are found anew before they are used again. */
  doubt(): void;
  /** What is secret of those that were found. */
  secrets(): readonly string[];
}

/** There are none now. The message is a sentence. */
export class NoCredentials extends Error {}

type Told = Pick<SesSettings, 'region' | 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>;
type Find = (options: { forceRefresh: boolean }) => Promise<AwsCredentials>;

/** For all of the chain; a service of the machine that is not there is silent. */
const TIME_LIMIT_MS = 20_000;

/** Throws the refusal `bad_config` where only a part of them is told. */
export function createCredentialSource(name: string, told: Told, clock: Pick<Clock, 'after'>): CredentialSource {
  const { accessKeyId, secretAccessKey, sessionToken } = told;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const own = { accessKeyId, secretAccessKey, sessionToken };
    return { get: async () => own, doubt: () => undefined, secrets: () => [] };
  }
  if (accessKeyId !== undefined || secretAccessKey !== undefined || sessionToken !== undefined) {
    throw new IepError(
      'bad_config',
      `Provider "${name}" has only a part of its credentials. Set both accessKeyId and secretAccessKey, or neither and no sessionToken.`,
    );
  }
  return foundByAws(told.region, clock);
}

/** What may stand in the header of a request. */
function isCredential(text: string): boolean {
  return CREDENTIAL.test(text);
}
const CREDENTIAL = /^[\x20-\x7e]{1,16384}$/;

function foundByAws(region: string, clock: Pick<Clock, 'after'>): CredentialSource {
  let find: Promise<Find> | undefined;
  let found: AwsCredentials | undefined;
  let isDoubted = false;
  const late = () => new NoCredentials(`AWS credentials were not found within ${TIME_LIMIT_MS / 1_000} s.`);

  const look = async (): Promise<AwsCredentials> => {
    find ??= chainFor(region);
    const forceRefresh = isDoubted;
    isDoubted = false;
    return (await find)({ forceRefresh });
  };

  return {
    async get() {
      try {
        found = await withDeadline(look(), { clock, limitMs: TIME_LIMIT_MS, late });
        if (![found.accessKeyId, found.secretAccessKey, found.sessionToken ?? 'none'].every(isCredential))
          throw new NoCredentials('The AWS credentials that were found hold characters that none has.');
        return found;
      } catch (error) {
        if (error instanceof NoCredentials) throw error;
        throw new NoCredentials(
          `There are no AWS credentials: ${oneLine(errorText(error))}. Set accessKeyId and secretAccessKey, or give this machine a role.`,
          { cause: error },
        );
      }
    },
    doubt() {
      isDoubted = true;
    },
    secrets: () => [found?.secretAccessKey, found?.sessionToken].filter((secret) => secret !== undefined),
  };
}

async function chainFor(region: string): Promise<Find> {
  const { defaultProvider } = await import('./aws-chain.ts');
  const find = defaultProvider({ clientConfig: { region } });
  return (options) => find(options);
}
