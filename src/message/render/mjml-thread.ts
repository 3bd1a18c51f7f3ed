/** The thread that templates of MJML are rendered in: its compiler takes more memory than all the rest of rendering. */

import { compileMjml } from '../templates/compile-mjml.ts';
import { serveRenderer } from './serve-renderer.ts';

serveRenderer(compileMjml);
