/** The pages there are, in the order of the menu: one line each. Their code is loaded when they are opened. */

import type { FunctionComponent } from 'preact';
import lazy from 'preact-iso/lazy';
import type { IconName } from '../kit/icon.tsx';

interface PageEntry {
  readonly path: string;
  readonly label: string;
  readonly icon?: IconName;
  /** Heading of the menu; absent: not in the menu. */
  readonly section?: (typeof sections)[number];
  /** Also for whoever speaks for one tenant; the others are the operator's. */
  readonly forTenants?: boolean;
  readonly component: FunctionComponent;
}

export const sections = ['', 'Mail', 'Sending', 'Platform'] as const;

export const pages: readonly PageEntry[] = [
  {
    path: '/ui/messages',
    label: 'Messages',
    icon: 'mail',
    section: 'Mail',
    forTenants: true,
    component: lazy(() => import('./messages/index.tsx')),
  },
];
