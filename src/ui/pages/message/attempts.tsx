/** The tries to hand a message over, with what was said on the wire where one did not succeed. */

import type { Explanation } from '../../api/types.ts';
import { Panel } from '../../kit/panel.tsx';
import { Pill } from '../../kit/pill.tsx';
import { Ago, countText } from '../../kit/time.tsx';

export function Attempts({ attempts }: { attempts: Explanation['attempts'] }) {
  if (attempts.length === 0) return null;
  return (
    <Panel title="Attempts">
      <ol class="attempts">
        {attempts.toReversed().map((attempt) => (
          <Attempt key={attempt.number} attempt={attempt} />
        ))}
      </ol>
    </Panel>
  );
}

function Attempt({ attempt }: { attempt: Explanation['attempts'][number] }) {
  const { number, provider, outcome, reply, startedAt, endedAt, counted, transcript } = attempt;
  const tookMs = Date.parse(endedAt) - Date.parse(startedAt);
  return (
    <li>
      <p class="row">
        <strong>{number}.</strong> {provider ?? 'before a provider was asked'} <Pill state={outcome} />
        {!counted && <span class="faint">not counted</span>}
        <span class="grow" />
        <span class="faint">
          {countText(tookMs)} ms, <Ago at={startedAt} />
        </span>
      </p>
      {reply && <p class="mono soft">{reply}</p>}
      {transcript && (
        <details>
          <summary>What was said</summary>
          <pre>{transcript}</pre>
        </details>
      )}
    </li>
  );
}
