/**
 * Frac-Connections and Hyper-Connections for TensorFlow.js, as Node imports them: with native kernels.
 *
 * @packageDocumentation
 */
import './paths/install.js';

export { type NativeInfo, nativeInfo, setThreads } from './addon/info.js';
export * from './browser.js';
