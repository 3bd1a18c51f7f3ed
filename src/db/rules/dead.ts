/** The column `dead` of a message; 0 is none. */
export const dead = {
  /** A dead letter. */
  now: 1,
  /** It was given up for some recipients, and becomes a dead letter once none is open. */
  later: 2,
} as const;
