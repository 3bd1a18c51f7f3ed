/** The WebAuthn library. It is large, so this file is imported when a passkey is made or shown. */

export {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
