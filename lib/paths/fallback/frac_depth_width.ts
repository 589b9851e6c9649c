import * as tf from '@tensorflow/tfjs-core';
import type { OpKernels } from '../../contract/kernel.js';
import { fracDepth } from './frac_depth.js';
import { fracWidth } from './frac_width.js';

/**
 * Depth connection, then the width connection of the next layer. The gradient runs their gradients in reverse order.
 */
export const fracDepthWidth: OpKernels = {
  forward: ({ h, y, alpha, beta, ...next }, o) => {
    const { out } = fracDepth.forward({ h: h!, y: y!, alpha: alpha!, beta: beta! }, o);
    return { out: out!, ...fracWidth.forward({ h: out!, ...next }, o) };
  },

  gradient: ({ h, y, alpha, beta, dOut, dX, dAlpha, dBeta, ...next }, o) =>
    tf.tidy(() => {
      const depth = { h: h!, y: y!, alpha: alpha!, beta: beta! };
      const { out } = fracDepth.forward(depth, o);
      const width = { h: out!, ...next, dX: dX!, dAlpha: dAlpha!, dBeta: dBeta! };
      const { h: dThrough, ...dNext } = fracWidth.gradient(width, o);
      const dDepth = fracDepth.gradient({ ...depth, dOut: tf.add(dOut!, dThrough!) }, o);
      return { ...dNext, ...dDepth };
    }),
};
