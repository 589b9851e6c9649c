/**
 * The reference language models, and what of their training needs no files.
 *
 * @packageDocumentation
 */
export * from '../train/browser.js';
export * from './language_models.js';
