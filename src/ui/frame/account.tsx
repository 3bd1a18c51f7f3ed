/** Who is signed in, light or dark, and the way out. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { session } from '../api/session.ts';
import { signOut } from '../api/sign-in.ts';
import { Icon } from '../kit/icon.tsx';
import { chooseTheme, storedTheme, themes } from '../kit/theme.ts';

const words = { system: 'As the system', light: 'Light', dark: 'Dark' };

export function Account() {
  const menu = useRef<HTMLDetailsElement>(null);
  const [theme, setTheme] = useState(storedTheme);
  useClosing(menu);
  const now = session.value;
  const name =
    now.kind === 'person' ? now.person.email : now.kind === 'key' && now.isOperator ? 'Operator’s key' : 'API key';
  return (
    <details class="account" ref={menu}>
      <summary>
        <Icon name="user" />
        <span class="account-name">{name}</span>
      </summary>
      <div class="menu-panel">
        <fieldset class="segments">
          <legend>Colours</legend>
          {themes.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="theme"
                checked={theme === one}
                onChange={() => {
                  chooseTheme(one);
                  setTheme(one);
                }}
              />
              {words[one]}
            </label>
          ))}
        </fieldset>
        {now.kind === 'person' && (
          <a class="button" href="/ui/account">
            Your account
          </a>
        )}
        <button type="button" class="button" onClick={() => void signOut()}>
          Sign out
        </button>
      </div>
    </details>
  );
}

/** By Escape, and by a click elsewhere. */
function useClosing(menu: { readonly current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const close = (event: Event) => {
      const { current } = menu;
      if (!current?.open) return;
      const isEscape = event instanceof KeyboardEvent && event.key === 'Escape';
      const isOutside = event.type === 'pointerdown' && !current.contains(event.target as Node);
      if (isEscape) current.querySelector('summary')?.focus();
      if (isEscape || isOutside) current.open = false;
    };
    for (const type of ['keydown', 'pointerdown']) addEventListener(type, close);
    return () => {
      for (const type of ['keydown', 'pointerdown']) removeEventListener(type, close);
    };
  }, [menu]);
}
