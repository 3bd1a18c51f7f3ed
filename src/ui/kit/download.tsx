/** A button that brings a file of the API, which a link could not: who calls stands in a header. */

import { type CallName, send } from '../api/call.ts';
import { Action } from './action.tsx';

interface DownloadProps {
  readonly call: CallName;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly filename: string;
  readonly label?: string;
}

export function Download({ call, query = {}, filename, label = 'Export CSV' }: DownloadProps) {
  const run = async () => {
    const response = await send(call, { query });
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await response.blob());
    link.download = filename;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
    return undefined;
  };
  return <Action run={run}>{label}</Action>;
}
