/** The dashboard begins here. */

import { render } from 'preact';
import { startLive } from './api/live.ts';
import { watchForReturn } from './api/revive.ts';
import { resume } from './api/sign-in.ts';
import { App } from './frame/app.tsx';
import { reloadOnChange } from './frame/reload.ts';

declare const RELOADS: boolean;

const place = document.getElementById('app');
if (place !== null) render(<App />, place);
watchForReturn();
startLive();
resume().catch(() => undefined);
if (RELOADS) reloadOnChange();
