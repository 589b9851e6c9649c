/**
 * Frac-Connections and Hyper-Connections as tf.layers, with native kernels. Importing this module registers the classes
 * for `tf.loadLayersModel`.
 *
 * @packageDocumentation
 */
import '../paths/install.js';
import './installed.js';

export * from './browser.js';
