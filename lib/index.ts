/**
 * Frac-Connections and Hyper-Connections for TensorFlow.js, as Node imports them: with native kernels.
 *
 * @packageDocumentation
 */
import './native/install.js';

export * from './browser.js';
export { type NativeInfo, nativeInfo, setThreads } from './native/info.js';
