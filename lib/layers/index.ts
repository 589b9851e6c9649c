/**
 * Frac-Connections and Hyper-Connections as tf.layers, with native kernels. Importing this registers the classes with
 * `tf.loadLayersModel`.
 *
 * @packageDocumentation
 */
import '../paths/install.js';
import './installed.js';

export * from './browser.js';
