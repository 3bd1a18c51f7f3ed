/** Light or dark as the reader chose, before anything is painted. */

import { storedTheme, wearTheme } from './kit/theme.ts';

wearTheme(storedTheme());
