/** The thread that messages are rendered in. */

import { serveRenderer } from './serve-renderer.ts';

serveRenderer();
