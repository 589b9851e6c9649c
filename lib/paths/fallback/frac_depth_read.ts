import * as tf from '@tensorflow/tfjs-core';
import type { OpKernels } from '../../contract/kernel.js';
import { fracDepth } from './frac_depth.js';
import { fracRead } from './frac_read.js';

/** Depth connection, then reading for the next layer. The gradient runs their gradients in reverse order. */
export const fracDepthRead: OpKernels = {
  forward: ({ h, y, alpha, beta, nextAlpha, ...next }, o) => {
    const { out } = fracDepth.forward({ h: h!, y: y!, alpha: alpha!, beta: beta! }, o);
    return { out: out!, ...fracRead.forward({ h: out!, alpha: nextAlpha!, ...next }, o) };
  },

  gradient: ({ h, y, alpha, beta, nextAlpha, dOut, dX, ...next }, o) =>
    tf.tidy(() => {
      const depth = { h: h!, y: y!, alpha: alpha!, beta: beta! };
      const { out } = fracDepth.forward(depth, o);
      const read = { h: out!, alpha: nextAlpha!, ...next, dX: dX!, dState: dOut! };
      const { h: dBetween, alpha: dNext, ...dWeights } = fracRead.gradient(read, o);
      return { ...dWeights, nextAlpha: dNext!, ...fracDepth.gradient({ ...depth, dOut: dBetween! }, o) };
    }),
};
