/** AWS's own search for credentials. It is large, so this file is imported when it is needed. */

export { defaultProvider } from '@aws-sdk/credential-provider-node';
