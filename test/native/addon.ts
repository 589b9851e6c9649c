import { join } from 'node:path';
import { tryAddon } from '../../lib/addon/load.js';

export const root = join(import.meta.dirname, '..', '..');

const found = tryAddon();

/** The addon; undefined where it is absent, which the end of the run says. */
export const addon = 'addon' in found ? found.addon : undefined;
/** Its file. */
export const binary = 'addon' in found ? found.file : '';
