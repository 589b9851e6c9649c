import type { OpOptions } from '../contract/options.js';
import { type OpRun, runDeviceOp } from './op.js';
import type { CudaTensor } from './tensor.js';

/** The result of {@link fracDepthGrad}. */
export interface CudaDepthGradients {
  /** `[..., streams * dim]`, of the type of h. */
  dH: CudaTensor;
  /** `[..., dim]`, of the type of h. */
  dY: CudaTensor;
  /** The shape of alpha, float32. */
  dAlpha: CudaTensor;
  /** The shape of beta, float32. */
  dBeta: CudaTensor;
}

/**
 * Depth connection on a device: `fracDepth` of the package's main entry, with device tensors.
 *
 * ```text
 * H'[i] = beta[i] * y[block i mod m] + sum_k alpha[k, m+i] H[k]
 * ```
 *
 * @param h `[..., streams * dim]`, of any type: the hidden state that {@link fracWidth} read
 * @param y `[..., dim]`, of the type of h: the layer's output
 * @param alpha `[..., n, m + n]` or `[n, m + n]`, float32
 * @param beta `[..., n]` or `[n]`, float32
 * @returns `[..., streams * dim]`, of the type of h: the new hidden state
 * @throws FracConnectionsError when an argument is wrong; ERR_MEMORY when there is no memory for the result
 */
export function fracDepth(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  options: OpOptions,
  run: OpRun<{ h: CudaTensor }> = {},
): CudaTensor {
  const fn = 'fracDepth';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.depthInputs(h, y, alpha, beta);
    const out = call.outRow('h', h.shape);
    call.run(start => call.native.fracDepth(...start, out.handle(fn, 'out.h'), ...given));
    return out;
  });
}

/**
 * Backward pass of {@link fracDepth}: the gradients of all its inputs. The gradient of the columns Y of alpha, which the depth
 * connection does not use, is zero.
 *
 * @param dOut `[..., streams * dim]`, of the type of h: gradient of the result
 */
export function fracDepthGrad(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  dOut: CudaTensor,
  options: OpOptions,
  run: OpRun<CudaDepthGradients> = {},
): CudaDepthGradients {
  const fn = 'fracDepthGrad';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.depthInputs(h, y, alpha, beta);
    const arriving = call.row('dOut', dOut, h.shape);
    const gradients = call.depthGradients(h, y, alpha, beta);
    const out = call.depthHandles(gradients);
    call.run(start => call.native.fracDepthGrad(...start, ...out, ...given, arriving));
    return gradients;
  });
}
