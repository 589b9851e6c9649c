import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll } from 'vitest';
import '../lib/paths/install.js'; // as the package's entries for Node do
import type { Path } from '../lib/paths/paths.js';
import { setPath } from '../lib/paths/runtime.js';

// Runs before each test file: makes TEST_BACKEND (set by the vitest project) the backend of tfjs.
beforeAll(async () => {
  if (process.env.TEST_BACKEND === 'tensorflow') {
    const { loadTensorflow } = await import('../lib/tensorflow/load.js');
    loadTensorflow();
  } else {
    // The whole union package, as users have it: it registers the cpu backend's kernels and tfjs' own gradients.
    await import('@tensorflow/tfjs');
    tf.env().set('IS_TEST', true); // tfjs' own switch for its banner and deprecation notices
    await tf.setBackend('cpu');
  }
  await tf.ready();
  const expected = process.env.TEST_BACKEND === 'tensorflow' ? 'tensorflow' : 'cpu';
  if (tf.getBackend() !== expected) throw new Error(`the backend is ${tf.getBackend()}, not ${expected}`);
});

// Files of a project share the module: a path that one file set would be that of the next.
afterAll(() => setPath((process.env.FRAC_CONNECTIONS_PATH ?? 'auto') as Path));
