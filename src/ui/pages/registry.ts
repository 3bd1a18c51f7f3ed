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
  /** Also for users of one tenant; the others are the operator's. */
  readonly forTenants?: boolean;
  readonly component: FunctionComponent;
}

export const sections = ['', 'Mail', 'Sending', 'Platform'] as const;

export const pages: readonly PageEntry[] = [
  {
    path: '/ui/',
    label: 'Overview',
    icon: 'home',
    section: '',
    forTenants: true,
    component: lazy(() => import('./overview/index.tsx')),
  },
  {
    path: '/ui/analytics',
    label: 'Analytics',
    icon: 'chart',
    section: '',
    forTenants: true,
    component: lazy(() => import('./analytics/index.tsx')),
  },
  {
    path: '/ui/messages',
    label: 'Messages',
    icon: 'mail',
    section: 'Mail',
    forTenants: true,
    component: lazy(() => import('./messages/index.tsx')),
  },
  {
    path: '/ui/messages/:id',
    label: 'Message',
    forTenants: true,
    component: lazy(() => import('./message/index.tsx')),
  },
  {
    path: '/ui/inbox',
    label: 'Inbox',
    icon: 'inbox',
    section: 'Mail',
    forTenants: true,
    component: lazy(() => import('./inbox/index.tsx')),
  },
  {
    path: '/ui/inbox/:id',
    label: 'Mail',
    forTenants: true,
    component: lazy(() => import('./inbox-mail/index.tsx')),
  },
  {
    path: '/ui/queue',
    label: 'Queue',
    icon: 'queue',
    section: 'Mail',
    component: lazy(() => import('./queue/index.tsx')),
  },
  {
    path: '/ui/dead',
    label: 'Dead letters',
    icon: 'dead',
    section: 'Mail',
    forTenants: true,
    component: lazy(() => import('./dead/index.tsx')),
  },
  {
    path: '/ui/providers',
    label: 'Providers',
    icon: 'provider',
    section: 'Sending',
    component: lazy(() => import('./providers/index.tsx')),
  },
  {
    path: '/ui/domains',
    label: 'Domains',
    icon: 'domain',
    section: 'Sending',
    forTenants: true,
    component: lazy(() => import('./domains/index.tsx')),
  },
  {
    path: '/ui/domains/:domain',
    label: 'Domain',
    forTenants: true,
    component: lazy(() => import('./domain/index.tsx')),
  },
  {
    path: '/ui/templates',
    label: 'Templates',
    icon: 'template',
    section: 'Sending',
    forTenants: true,
    component: lazy(() => import('./templates/index.tsx')),
  },
  {
    path: '/ui/templates/:name',
    label: 'Template',
    forTenants: true,
    component: lazy(() => import('./template/index.tsx')),
  },
  {
    path: '/ui/notifications',
    label: 'Notifications',
    icon: 'bell',
    section: 'Sending',
    forTenants: true,
    component: lazy(() => import('./notifications/index.tsx')),
  },
  {
    path: '/ui/notifications/:id',
    label: 'Notification',
    forTenants: true,
    component: lazy(() => import('./notification/index.tsx')),
  },
  {
    path: '/ui/notifications/subscribers/:id',
    label: 'Subscriber',
    forTenants: true,
    component: lazy(() => import('./subscriber/index.tsx')),
  },
  {
    path: '/ui/suppressions',
    label: 'Suppressions',
    icon: 'suppression',
    section: 'Sending',
    forTenants: true,
    component: lazy(() => import('./suppressions/index.tsx')),
  },
  {
    path: '/ui/webhooks',
    label: 'Webhooks',
    icon: 'webhook',
    section: 'Sending',
    forTenants: true,
    component: lazy(() => import('./webhooks/index.tsx')),
  },
  {
    path: '/ui/webhooks/:id',
    label: 'Webhook',
    forTenants: true,
    component: lazy(() => import('./webhook/index.tsx')),
  },
  {
    path: '/ui/tenants',
    label: 'Tenants',
    icon: 'tenant',
    section: 'Platform',
    component: lazy(() => import('./tenants/index.tsx')),
  },
  {
    path: '/ui/keys',
    label: 'API keys',
    icon: 'key',
    section: 'Platform',
    component: lazy(() => import('./keys/index.tsx')),
  },
  {
    path: '/ui/users',
    label: 'People',
    icon: 'user',
    section: 'Platform',
    component: lazy(() => import('./users/index.tsx')),
  },
  {
    path: '/ui/account',
    label: 'Your account',
    forTenants: true,
    component: lazy(() => import('./account/index.tsx')),
  },
  {
    path: '/ui/audit',
    label: 'Audit log',
    icon: 'audit',
    section: 'Platform',
    component: lazy(() => import('./audit/index.tsx')),
  },
  {
    path: '/ui/settings',
    label: 'Settings',
    icon: 'settings',
    section: 'Platform',
    component: lazy(() => import('./settings/index.tsx')),
  },
  {
    path: '/ui/doctor',
    label: 'Doctor',
    icon: 'doctor',
    section: 'Platform',
    component: lazy(() => import('./doctor/index.tsx')),
  },
];
