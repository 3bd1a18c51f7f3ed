/** The kinds of definitions there are, and a desk for each. */

import { createDefinitionDesk, type DefinitionDesk, type DefinitionDeskDeps } from './desk.ts';
import type { DefinitionKind } from './kind.ts';
import { notificationTypeKind } from './notification-type.ts';
import { topicKind } from './topic.ts';

export type Definitions = Readonly<
  Record<'topics' | 'notificationTypes', DefinitionDesk & { readonly kind: DefinitionKind }>
>;

export type DefinitionsDeps = DefinitionDeskDeps;

export function createDefinitions(deps: DefinitionsDeps): Definitions {
  const deskOf = (kind: DefinitionKind) => ({ kind, ...createDefinitionDesk(kind, deps) });
  return {
    topics: deskOf(topicKind as DefinitionKind),
    notificationTypes: deskOf(notificationTypeKind as DefinitionKind),
  };
}
