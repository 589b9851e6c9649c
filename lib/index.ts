/**
 * Frac-Connections and Hyper-Connections for TensorFlow.js, as Node imports them.
 *
 * @packageDocumentation
 */
export * from './browser.js';
