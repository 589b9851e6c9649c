// Starts the backend of a contender in its own process.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { nativeInfo, runtimeInfo, setPath, setThreads } from 'frac-connections';
import { CONTENDERS } from './contenders.mjs';

const BACKENDS = {
  async cpu() {
    await import('@tensorflow/tfjs');
    await tf.setBackend('cpu');
  },
  async wasm() {
    await import('@tensorflow/tfjs');
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
    if (!(await tf.setBackend('wasm'))) throw new Error('tfjs cannot start its backend wasm');
  },
  async tensorflow() {
    const { tensorflowInfo } = await import('frac-connections/tensorflow');
    return { tensorflow: tensorflowInfo().tensorflowVersion };
  },
};

/** Starts a contender in this process, and returns its versions. */
export async function openBackend({ name, threads }) {
  const { backend, path } = CONTENDERS[name];
  const versions = (await BACKENDS[backend]()) ?? {};
  await tf.ready();
  if (tf.getBackend() !== backend)
    throw new Error(`tfjs uses backend ${tf.getBackend()} instead of ${backend}`);
  setPath(path);
  if (path !== 'fallback') setThreads(threads);
  if (runtimeInfo().path !== path) throw new Error(`path ${runtimeInfo().path} is in use instead of ${path}`);
  const native = nativeInfo();
  if (path !== 'fallback' && native.available)
    Object.assign(versions, { simd: native.simd.target, compiler: native.build.compiler });
  return { versions };
}

/** Waits until the work of a device is done. On a CPU ops are done when they return. */
export function synchronise(tensors) {
  if (tf.backend().isUsingGpuDevice !== true) return;
  for (const tensor of tensors) tf.tidy(() => tf.slice(tf.reshape(tensor, [-1]), 0, 1).dataSync());
}
