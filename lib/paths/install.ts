// A module with a side effect: it registers the paths that need the native addon. Every entry for Node imports it, and
// no entry for browsers does. The addon itself loads later, at the first op or the first query of a path.
import * as tf from '@tensorflow/tfjs-core';
import type { Addon } from '../addon/exports.js';
import { tryAddon } from '../addon/load.js';
import { nativeKernels } from './native/kernels.js';
import { keepsTypedArrays } from './native/values.js';
import { providePath } from './paths.js';
import { remarks, unavailable } from './tensorflow/availability.js';
import { kernels } from './tensorflow/kernels.js';

/** The result of `check` for the addon, or the reason why there is no addon. */
function withAddon(check: (addon: Addon) => string | undefined): string | undefined {
  const found = tryAddon();
  return 'addon' in found ? check(found.addon) : found.reasons.join('; ');
}

function addon(): Addon {
  const found = tryAddon();
  if ('addon' in found) return found.addon;
  throw new Error(found.reasons.join('; '));
}

providePath('native', {
  unavailable(backend) {
    if (backend !== 'cpu')
      return `it needs the typed arrays of tfjs backend 'cpu', and the backend is '${backend}'`;
    return withAddon(() =>
      keepsTypedArrays(tf.findBackend(backend)) ? undefined : "the backend named 'cpu' is not that of tfjs",
    );
  },
  kernels: () => nativeKernels(addon()),
});

providePath('tensorflow', {
  unavailable: backend => withAddon(found => unavailable(found, backend)),
  remarks: backend => remarks(addon(), backend),
  kernels: () => kernels,
});
