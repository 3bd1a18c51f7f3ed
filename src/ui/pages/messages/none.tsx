/** A list without messages: how the first one is sent, or that the filters let none through. */

import { isOperator, tenant } from '../../api/session.ts';
import { Command, Empty } from '../../kit/states.tsx';

export function NoMessages({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No message matches" text="Take a filter away, or look at another time." />;
  return (
    <Empty
      title="No mail yet"
      text="Hand in the first message by HTTP, by SMTP, or on the machine of the daemon with the command iep send."
    >
      <Command text={curl()} />
    </Empty>
  );
}

function curl(): string {
  const whose = isOperator() ? ` \\\n  -H 'x-iep-tenant: ${tenant.value ?? 'default'}'` : '';
  const body = JSON.stringify({
    from: 'noreply@example.com',
    to: ['you@example.com'],
    subject: 'Hello',
    textBody: 'It works.',
  });
  return `curl ${location.origin}/v1/messages -H "x-api-key: $IEP_API_KEY"${whose} \\\n  -H 'content-type: application/json' -d '${body}'`;
}
