/**
 * The reference language models, and the parts of their training that need no files.
 *
 * @packageDocumentation
 */
export * from '../train/browser.js';
export * from './language_models.js';
