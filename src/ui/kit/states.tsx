/** What stands where there is nothing to show: nothing yet, not yet, no permission, or what went wrong. */

import type { ComponentChildren } from 'preact';
import { Gone, Problem } from '../api/problem.ts';
import type { Data } from '../api/use-data.ts';

export function Empty({ title, text, children }: { title: string; text?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

export function ProblemNote({ problem, retry }: { problem: Error; retry?: () => void }) {
  if (problem instanceof Problem && problem.status === 403 && problem.code !== 'login_too_old') {
    return (
      <Empty title="You may not see this" text={`${problem.message}. An operator can give you the role for it.`} />
    );
  }
  if (problem instanceof Problem && problem.code === 'tenant_required') {
    return <Empty title="Choose a tenant" text="This belongs to one tenant each: choose whose above." />;
  }
  const hint = problem instanceof Problem ? problem.hint : undefined;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.message}.</strong> {problem instanceof Gone ? 'It is tried again by itself.' : hint}
      </p>
      {retry && !(problem instanceof Gone) && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** The three states of what a page asks for; children are given what came. */
export function Loaded<T>({ of, children }: { of: Data<T>; children: (data: T) => ComponentChildren }) {
  const { data, problem, refresh, isStale } = of;
  if (data === undefined)
    return problem === undefined ? <Loading /> : <ProblemNote problem={problem} retry={refresh} />;
  return (
    <div class="loaded" data-stale={isStale} aria-busy={isStale}>
      {problem !== undefined && !(problem instanceof Gone) && <ProblemNote problem={problem} retry={refresh} />}
      {children(data)}
    </div>
  );
}

/** Shown only after a moment, so that what comes at once does not flicker. */
export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="sr">Loading</span>
      <i />
      <i />
      <i />
    </div>
  );
}

/** A command to copy, as what a first step needs. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command">
      <pre>
        <code>{text}</code>
      </pre>
      <Copy text={text} />
    </div>
  );
}

export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  return (
    <button
      type="button"
      class="button small"
      onClick={async (event) => {
        const { currentTarget: button } = event;
        await navigator.clipboard?.writeText(text);
        button.textContent = 'Copied';
        setTimeout(() => {
          button.textContent = label;
        }, 1_500);
      }}
    >
      {label}
    </button>
  );
}
