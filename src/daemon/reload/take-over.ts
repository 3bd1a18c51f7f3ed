/**
 * What of a configuration that was read again holds at once: all but what is fixed when the daemon starts. A key that is
 * not named here waits for a restart. Paths are told, values never: some are secrets.
 */

import type { Config } from '../../config/schema.ts';

/** The configuration that holds from now on: what can change while the daemon runs as `wanted`, the rest as `running`. */
export function takeOver(running: Config, wanted: Config): Config {
  const { providers, routing, retry, breaker, health, attachments, retention, policy, tracking } = wanted;
  const {
    webhooks,
    domains,
    nats,
    suppressions,
    dashboard,
    tenants,
    profiles,
    sendmail,
    log,
    chores,
    shutdownSeconds,
  } = wanted;
  const { bodyLimitBytes, maxConnections: maxRequests, trustedProxies } = wanted.http;
  const { hostname, maxMessageBytes, maxRecipients, maxConnections } = wanted.smtp;
  const { greetingDelayMs, plaintextAuth, trustedNetworks } = wanted.smtp;
  const { maxInFlight } = wanted.outbox;
  return {
    ...running,
    ...{ providers, routing, retry, breaker, health, attachments, retention, policy, tracking },
    ...{ webhooks, domains, nats, suppressions, dashboard, tenants, profiles, sendmail, log, chores, shutdownSeconds },
    http: {
      ...running.http,
      ...{ bodyLimitBytes, maxConnections: maxRequests, trustedProxies },
      tls: renewed(running.http.tls, wanted.http.tls),
    },
    smtp: {
      ...running.smtp,
      ...{ hostname, maxMessageBytes, maxRecipients, maxConnections, greetingDelayMs, plaintextAuth, trustedNetworks },
      tls: renewed(running.smtp.tls, wanted.smtp.tls),
    },
    feedback: { ...running.feedback, domain: wanted.feedback.domain, mailboxes: wanted.feedback.mailboxes },
    outbox: { ...running.outbox, maxInFlight },
  };
}

/** A listener that began without TLS, or with it, stays so. */
function renewed<T extends { cert: string; key: string }>(running: T | undefined, wanted: T | undefined) {
  return running && wanted ? { ...running, cert: wanted.cert, key: wanted.key } : running;
}

/** Paths of the values in which two configurations differ; a list is one value. */
export function differingPaths(one: Config, other: Config): readonly string[] {
  const [values, others] = [valuesOf(one), valuesOf(other)];
  return [...new Set([...values.keys(), ...others.keys()])].filter((path) => values.get(path) !== others.get(path));
}

/** Every value by its path, as JSON. */
function valuesOf(value: unknown, path = ''): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return value === undefined ? new Map() : new Map([[path, JSON.stringify(value)]]);
  }
  return new Map(
    Object.entries(value).flatMap(([name, inner]) => [...valuesOf(inner, path === '' ? name : `${path}.${name}`)]),
  );
}
