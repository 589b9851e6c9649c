/**
 * The reference language models and their training.
 *
 * @packageDocumentation
 */
import '../paths/install.js';

export * from '../train/index.js';
export * from './language_models.js';
