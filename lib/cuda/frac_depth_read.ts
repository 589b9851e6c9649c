import type { OpOptions } from '../contract/options.js';
import type { CudaDepthGradients } from './frac_depth.js';
import { type CudaReadWeights, type OpRun, runDeviceOp } from './op.js';
import type { CudaTensor } from './tensor.js';

/** The result of {@link fracDepthRead}. */
export interface CudaDepthReadResult {
  /** `[..., n * dim / fractions]`, of the type of h: the hidden state between the two layers. */
  h: CudaTensor;
  /** `[..., dim]`, of the type of h: the next layer's input. */
  x: CudaTensor;
}

/** Gradients of the results of {@link fracDepthRead}. */
export interface CudaDepthReadUpstream {
  /** `[..., n * dim / fractions]`, of the type of h: gradient of the hidden state between the layers. */
  dOut: CudaTensor;
  /** `[..., dim]`, of the type of h. */
  dX: CudaTensor;
}

/** The result of {@link fracDepthReadGrad}. */
export interface CudaDepthReadGradients extends CudaDepthGradients {
  /** The shape of nextAlpha, float32. The columns A are 0. */
  dNextAlpha: CudaTensor;
  /** `[dim]`, float32, if there is a gain. */
  dPrenormGamma?: CudaTensor;
}

/**
 * Depth connection of one layer, and reading the input of the next with a given alpha, on a device: {@link fracDepth}, then
 * {@link fracRead} of its result, in one pass over memory.
 *
 * @param h `[..., n * dim / fractions]`, of any type: the hidden state that this layer read
 * @param y `[..., dim]`, of the type of h: this layer's output
 * @param alpha `[..., n, m + n]` or `[n, m + n]`, float32: alpha of this layer
 * @param beta `[..., n]` or `[n]`, float32: beta of this layer
 * @param nextAlpha `[..., n, m + n]` or `[n, m + n]`, float32: alpha that the next layer reads with
 * @param nextWeights the gain of the next layer's pre-norm, if there is one
 * @returns the hidden state between the layers, and the next layer's input
 * @throws FracConnectionsError when an argument is wrong; ERR_MEMORY when there is no memory for the results
 */
export function fracDepthRead(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  nextAlpha: CudaTensor,
  options: OpOptions,
  nextWeights: CudaReadWeights = {},
  run: OpRun<CudaDepthReadResult> = {},
): CudaDepthReadResult {
  const fn = 'fracDepthRead';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.depthInputs(h, y, alpha, beta);
    const next = call.reading('nextAlpha', nextAlpha, 'nextWeights', nextWeights);
    const made = { h: call.outRow('h', h.shape), x: call.outRow('x', y.shape) };
    const out = [made.h.handle(fn, 'out.h'), made.x.handle(fn, 'out.x')] as const;
    call.run(start => call.native.fracDepthRead(...start, ...out, ...given, ...next));
    return made;
  });
}

/**
 * Backward pass of {@link fracDepthRead}: the gradients of all its inputs. It computes the state between the layers again.
 *
 * @param upstream gradients of the results
 */
export function fracDepthReadGrad(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  nextAlpha: CudaTensor,
  upstream: CudaDepthReadUpstream,
  options: OpOptions,
  nextWeights: CudaReadWeights = {},
  run: OpRun<CudaDepthReadGradients> = {},
): CudaDepthReadGradients {
  const fn = 'fracDepthReadGrad';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.depthInputs(h, y, alpha, beta);
    const next = call.reading('nextAlpha', nextAlpha, 'nextWeights', nextWeights);
    call.checkUpstream(upstream);
    const arriving = [
      call.row('dOut', upstream.dOut, h.shape),
      call.row('dX', upstream.dX, y.shape),
    ] as const;
    const gradients = call.depthGradients(h, y, alpha, beta);
    const dNextAlpha = call.output('dNextAlpha', nextAlpha.shape);
    const dPrenormGamma = call.gainGradient(nextWeights);
    const out = [...call.depthHandles(gradients), dNextAlpha.handle(fn, 'out.dNextAlpha')] as const;
    const gain = dPrenormGamma?.handle(fn, 'out.dPrenormGamma');
    call.run(start => call.native.fracDepthReadGrad(...start, ...out, gain, ...given, ...next, ...arriving));
    return { ...gradients, dNextAlpha, ...(dPrenormGamma && { dPrenormGamma }) };
  });
}
