/** Times as the API tells them: RFC 3339 in UTC. */

export function rfc3339(at: number): string {
  return new Date(at).toISOString();
}

export function rfc3339OrNull(at: number | undefined): string | null {
  return at === undefined ? null : rfc3339(at);
}
