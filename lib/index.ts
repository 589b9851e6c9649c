/**
 * Frac-Connections and Hyper-Connections for TensorFlow.js, with native kernels: the entry for Node.
 *
 * @packageDocumentation
 */
import './paths/install.js';

export { type NativeInfo, nativeInfo, setThreads } from './addon/info.js';
export * from './browser.js';
