/** The verbs of people on PostgreSQL. */

import type { Slice } from '../verb.ts';
import { enter } from './enter.ts';
import { addLink, link, useLink } from './links.ts';
import { addSession, endSession, session, sessions, setSession, sweep } from './sessions.ts';
import { addUser, removeUser, setUser, user, users } from './users.ts';

export const people: Slice<'people'> = {
  addLink,
  addSession,
  addUser,
  endSession,
  enter,
  link,
  removeUser,
  session,
  sessions,
  setSession,
  setUser,
  sweep,
  useLink,
  user,
  users,
};
