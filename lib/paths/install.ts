// Imported for its effect, by every entry for Node and by none for browsers: makes the paths known that need the addon. The
// addon is loaded when the first op asks for a path, or the first question about one.
import * as tf from '@tensorflow/tfjs-core';
import type { Addon } from '../addon/exports.js';
import { tryAddon } from '../addon/load.js';
import { nativeKernels } from './native/kernels.js';
import { keepsTypedArrays } from './native/values.js';
import { providePath } from './paths.js';
import { remarks, unavailable } from './tensorflow/availability.js';
import { kernels } from './tensorflow/kernels.js';

/** What `check` says with an addon; without one, why there is none. */
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
    if (backend !== 'cpu') return `it works on the typed arrays of tfjs backend 'cpu', not on '${backend}'`;
    return withAddon(() =>
      keepsTypedArrays(tf.findBackend(backend)) ? undefined : "this backend 'cpu' is not tfjs' own",
    );
  },
  kernels: () => nativeKernels(addon()),
});

providePath('tensorflow', {
  unavailable: backend => withAddon(found => unavailable(found, backend)),
  remarks: backend => remarks(addon(), backend),
  kernels: () => kernels,
});
