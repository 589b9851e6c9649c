/// <reference types="vite/client" />
// Imports the package as a user's page does; test/browser/package.test.ts builds it and calls `checks`.
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import { fracDepth, fracWidth, runtimeInfo } from 'frac-connections';
import type { Case } from '../../support/cases.js';
import { runCase } from '../../support/run_ops.js';
import { trainLanguageModel } from './language_model.js';
import { trainLayers } from './layers.js';

setWasmPaths({
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
});

const checks = {
  /** Makes a backend the one in use. */
  async start(backend: string) {
    if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend}`);
    await tf.ready();
    const { path } = runtimeInfo();
    const float32 = backend === 'webgl' ? tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') : true;
    return { backend: tf.getBackend(), path, float32 };
  },
  reference: (each: Case) => runCase({ fracWidth, fracDepth }, each),
  trainLayers,
  trainLanguageModel,
};

declare global {
  interface Window {
    checks: typeof checks;
  }
}
window.checks = checks;
