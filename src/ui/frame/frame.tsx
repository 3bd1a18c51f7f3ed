/** What stands around every page: the way to the others, whose mail is looked at, and whether the daemon answers. */

import { useEffect, useState } from 'preact/hooks';
import { ErrorBoundary } from 'preact-iso/lazy';
import { Route, Router, useLocation } from 'preact-iso/router';
import { isGone } from '../api/call.ts';
import { isOperator } from '../api/session.ts';
import { Icon } from '../kit/icon.tsx';
import { pages, sections } from '../pages/registry.ts';
import { Account } from './account.tsx';
import { Help, useKeys } from './keys.tsx';
import { NotThere } from './not-there.tsx';
import { TenantChoice } from './tenant-choice.tsx';

export function Frame() {
  const [isOpen, setOpen] = useState(false);
  const { path } = useLocation();
  const help = useKeys();
  useEffect(() => setOpen(false), [path]);
  return (
    <div class="frame" data-open={isOpen}>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="bar">
        <button
          type="button"
          class="icon-button menu"
          aria-expanded={isOpen}
          aria-controls="nav"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="menu" />
          <span class="sr">Menu</span>
        </button>
        <a class="brand" href="/ui/">
          <Icon name="mail" />
          IEP
        </a>
        {isOperator() && <TenantChoice />}
        <span class="grow" />
        <button type="button" class="icon-button" onClick={help.open}>
          <Icon name="help" />
          <span class="sr">Keyboard shortcuts</span>
        </button>
        <Account />
      </header>
      <Nav path={path} />
      <div class="main">
        {isGone.value && (
          <p class="gone" role="alert">
            <Icon name="alert" /> The daemon does not answer. What you see may be old; it comes back by itself.
          </p>
        )}
        <ErrorBoundary>
          <Router>
            {pages.map(({ path, component }) => (
              <Route key={path} path={path} component={component} />
            ))}
            <Route default component={NotThere} />
          </Router>
        </ErrorBoundary>
      </div>
      <Help state={help} />
    </div>
  );
}

function Nav({ path }: { path: string }) {
  const operates = isOperator();
  return (
    <nav id="nav" class="nav" aria-label="Pages">
      {sections.map((section) => {
        const inside = pages.filter((page) => page.section === section && (operates || page.forTenants));
        if (inside.length === 0) return null;
        return (
          <div key={section} class="nav-section">
            {section !== '' && <h2>{section}</h2>}
            <ul>
              {inside.map(({ path: at, label, icon }) => (
                <li key={at}>
                  <a href={at} aria-current={isAt(path, at) ? 'page' : undefined}>
                    {icon && <Icon name={icon} />}
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function isAt(path: string, page: string): boolean {
  return page === '/ui/' ? path === '/ui' || path === '/ui/' : path === page || path.startsWith(`${page}/`);
}
