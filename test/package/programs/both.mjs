// The ES module and the CommonJS form in one process: each computes, and they agree on what is chosen.
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import * as esm from 'frac-connections';
import runCases from './run_cases.cjs';

const cjs = createRequire(import.meta.url)('frac-connections');
tf.enableProdMode();
await tf.setBackend('cpu');
runCases(tf, esm);
esm.setPath('fallback');
runCases(tf, cjs, { two: esm.fracWidth !== cjs.fracWidth });
cjs.setPath('auto');
runCases(tf, esm);
