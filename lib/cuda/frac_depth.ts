import type { ConnectionOptions } from '../contract/options.js';
import { type OpRun, runDeviceOp } from './op.js';
import type { CudaTensor } from './tensor.js';

/** What {@link fracDepthGrad} returns. */
export interface CudaDepthGradients {
  /** `[..., streams * dim]`, of h's type. */
  dH: CudaTensor;
  /** `[..., dim]`, of h's type. */
  dY: CudaTensor;
  /** Like alpha, float32. */
  dAlpha: CudaTensor;
  /** Like beta, float32. */
  dBeta: CudaTensor;
}

/**
 * Depth connection on a device: `fracDepth` of the package's main entry, with device tensors.
 *
 * @param h `[..., streams * dim]`, of any type: the hidden state that {@link fracWidth} read
 * @param y `[..., dim]`, of h's type: the layer's output
 * @param alpha `[..., n, m + n]` or `[n, m + n]`, float32
 * @param beta `[..., n]` or `[n]`, float32
 * @returns `[..., streams * dim]`, of h's type
 */
export function fracDepth(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  options: ConnectionOptions,
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
 * Gradients of {@link fracDepth} by all its inputs. The columns of alpha that the depth connection does not read get zeros.
 *
 * @param dOut `[..., streams * dim]`, of h's type: gradient of the result
 */
export function fracDepthGrad(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  dOut: CudaTensor,
  options: ConnectionOptions,
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
