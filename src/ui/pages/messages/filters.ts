/** By what the list of messages is narrowed down. */

const statuses = [
  ...['scheduled', 'queued', 'processing', 'sent', 'delivered', 'failed'],
  ...['bounced', 'complained', 'suppressed', 'cancelled'],
];

export const choices = [
  {
    ...{ name: 'status', label: 'Status', any: 'Any status' },
    options: statuses.map((status) => [status, status] as const),
  },
];

export const fields = [
  ['recipient', 'Recipient', 'user@example.org'],
  ['sender', 'Sender', '@example.com'],
  ['category', 'Category', ''],
  ['tag', 'Tag', ''],
  ['groupId', 'Group', ''],
  ['provider', 'Provider', ''],
  ['since', 'Since', 'date'],
  ['until', 'Until', 'date'],
] as const;
