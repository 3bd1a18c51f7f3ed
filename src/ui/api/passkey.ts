/** Passkeys, as a browser makes and shows them. */

/** Where the browser has none. The name of the platform must be one of DNS, or `localhost` (WebAuthn Level 3 §5.1.3). */
export function canUsePasskeys(): boolean {
  const isAddress = /^[\d.]+$|^\[/.test(location.hostname);
  return !isAddress && typeof PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';
}

/** Rejects with a sentence where nobody confirmed it. */
export async function makePasskey(options: object): Promise<object> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  return asJson(await confirmed(navigator.credentials.create({ publicKey })));
}

export async function showPasskey(options: object): Promise<object> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  return asJson(await confirmed(navigator.credentials.get({ publicKey })));
}

async function confirmed(asked: Promise<Credential | null>): Promise<Credential | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'InvalidStateError') {
      throw new Error('This device holds a passkey of yours already');
    }
    if (error instanceof DOMException && error.name === 'NotAllowedError') {
      throw new Error('The passkey was not confirmed, or took too long');
    }
    throw error;
  }
}

function asJson(credential: Credential | null): object {
  if (credential instanceof PublicKeyCredential) return credential.toJSON() as object;
  throw new Error('The browser gave no passkey');
}
