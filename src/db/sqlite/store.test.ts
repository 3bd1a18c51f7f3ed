/** SQLite against the store's contract, in the daemon's form (threads) and the command line's (inline). */

import { makeStoreHome } from '../../../test/store.ts';
import { choreSuite } from '../suites/chore.suite.ts';
import { contentSuite } from '../suites/content.suite.ts';
import { definitionSuite } from '../suites/definition.suite.ts';
import { domainSuite } from '../suites/domain.suite.ts';
import { eventsSuite } from '../suites/events.suite.ts';
import { factorsSuite } from '../suites/factors.suite.ts';
import { feedbackSuite } from '../suites/feedback.suite.ts';
import { groupSuite } from '../suites/group.suite.ts';
import { hitSuite } from '../suites/hit.suite.ts';
import { inboxSuite } from '../suites/inbox.suite.ts';
import { messagesSuite } from '../suites/messages.suite.ts';
import { nodesSuite } from '../suites/nodes.suite.ts';
import { notificationSuite } from '../suites/notification.suite.ts';
import { outboxSuite } from '../suites/outbox.suite.ts';
import { peopleSuite } from '../suites/people.suite.ts';
import { storedProvidersSuite } from '../suites/providers.suite.ts';
import { publicationSuite } from '../suites/publication.suite.ts';
import { rateAlertSuite } from '../suites/rate-alert.suite.ts';
import { rateLimitSuite } from '../suites/rate-limits.suite.ts';
import { resourceSuite } from '../suites/resource.suite.ts';
import { searchSuite } from '../suites/search.suite.ts';
import { secretsSuite } from '../suites/secrets.suite.ts';
import { statsSuite } from '../suites/stats.suite.ts';
import { type StoreHarness, storeSuite } from '../suites/store.suite.ts';
import { subscriberSuite } from '../suites/subscriber.suite.ts';
import { suppressionSuite } from '../suites/suppression.suite.ts';
import { tallySuite } from '../suites/tally.suite.ts';
import { templateSuite } from '../suites/template.suite.ts';
import { tenantSuite } from '../suites/tenant.suite.ts';
import { unsubscribeSuite } from '../suites/unsubscribe.suite.ts';
import { webhookSuite } from '../suites/webhook.suite.ts';
import { openSqliteStore } from './open.ts';

for (const threads of [true, false]) {
  const name = threads ? 'SQLite in threads' : 'SQLite inline';
  const createHarness = async (): Promise<StoreHarness> => {
    const home = makeStoreHome({ threads });
    const open = async () => (await home.open()).store;
    const problems = async () => {
      const { store, care } = await openSqliteStore({ file: home.file, threads: false, readonly: true });
      return care.integrity().finally(() => store.close());
    };
    return { open, reopen: open, problems, cleanUp: async () => home.remove() };
  };
  storeSuite(name, createHarness);
  outboxSuite(name, createHarness);
  messagesSuite(name, createHarness);
  eventsSuite(name, createHarness);
  tenantSuite(name, createHarness);
  nodesSuite(name, createHarness);
  secretsSuite(name, createHarness);
  storedProvidersSuite(name, createHarness);
  rateLimitSuite(name, createHarness, threads ? 1 : 25);
  // Threads change nothing that this contract is about, and starting them takes most of a test; the stories have them.
  if (!threads) webhookSuite(name, createHarness);
  if (!threads) contentSuite(name, createHarness);
  peopleSuite(name, createHarness);
  factorsSuite(name, createHarness);
  choreSuite(name, createHarness);
  domainSuite(name, createHarness);
  suppressionSuite(name, createHarness);
  unsubscribeSuite(name, createHarness);
  feedbackSuite(name, createHarness);
  hitSuite(name, createHarness);
  groupSuite(name, createHarness);
  publicationSuite(name, createHarness);
  inboxSuite(name, createHarness);
  searchSuite(name, createHarness);
  if (!threads) statsSuite(name, createHarness);
  tallySuite(name, createHarness);
  if (!threads) templateSuite(name, createHarness);
  definitionSuite(name, createHarness);
  resourceSuite(name, createHarness);
  subscriberSuite(name, createHarness);
  if (!threads) notificationSuite(name, createHarness);
  rateAlertSuite(name, createHarness);
}
