/** The dashboard begins here. */

import { render } from 'preact';
import { startLive } from './api/live.ts';
import { watchForReturn } from './api/revive.ts';
import { resume } from './api/sign-in.ts';
import { App } from './frame/app.tsx';
import { reloadOnChange } from './frame/reload.ts';

declare const RELOADS: boolean;

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
watchForReturn();
startLive();
resume().catch(() => undefined);
if (RELOADS) reloadOnChange();
