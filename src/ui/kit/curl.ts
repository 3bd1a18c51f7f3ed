/** The command that makes a call, with what the reader has to fill in no more than the key. */

import { isOperator, tenant } from '../api/session.ts';

export function curlOf(path: string, body: object): string {
  const whose = isOperator() ? ` \\\n  -H 'x-iep-tenant: ${tenant.value ?? 'default'}'` : '';
  return `curl ${location.origin}${path} -H "x-api-key: $IEP_API_KEY"${whose} \\\n  -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}
