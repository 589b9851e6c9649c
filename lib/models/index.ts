/**
 * The reference language models, and what trains them.
 *
 * @packageDocumentation
 */
import '../paths/install.js';

export * from '../train/index.js';
export * from './language_models.js';
