import type { OpOptions } from '../contract/options.js';
import type { CudaDepthGradients } from './frac_depth.js';
import type { CudaWidthResult } from './frac_width.js';
import { type CudaWeights, type OpRun, runDeviceOp } from './op.js';
import type { CudaTensor } from './tensor.js';

/** The result of {@link fracDepthWidth}. */
export interface CudaDepthWidthResult extends CudaWidthResult {
  /** `[..., streams * dim]`, of the type of h: the hidden state between the two layers. */
  h: CudaTensor;
}

/** Gradients of the results of {@link fracDepthWidth}. */
export interface CudaDepthWidthUpstream {
  /** `[..., streams * dim]`, of the type of h: gradient of the hidden state between the layers. */
  dOut: CudaTensor;
  /** `[..., dim]`, of the type of h. */
  dX: CudaTensor;
  /** The shape of the next layer's alpha, float32. */
  dNextAlpha: CudaTensor;
  /** The shape of the next layer's beta, float32. */
  dNextBeta: CudaTensor;
}

/** The result of {@link fracDepthWidthGrad}. */
export interface CudaDepthWidthGradients extends CudaDepthGradients {
  /** A gradient for each of the next layer's weights, float32. */
  dNextWeights: CudaWeights;
}

/**
 * Depth connection of one layer and width connection of the next on a device: {@link fracDepth}, then {@link fracWidth}
 * of its result, in one pass over memory.
 *
 * @param h `[..., streams * dim]`, of any type: the hidden state that this layer read
 * @param y `[..., dim]`, of the type of h: this layer's output
 * @param alpha `[..., n, m + n]` or `[n, m + n]`, float32: alpha of this layer's width connection
 * @param beta `[..., n]` or `[n]`, float32: beta of this layer's width connection
 * @param nextWeights weights of the next layer's connection
 * @param options options of the next layer's connection; both connections have the same `dim`, `streams` and
 *   `fractions`
 * @returns the hidden state between the layers, and the results of the next width connection
 * @throws FracConnectionsError when an argument is wrong; ERR_MEMORY when there is no memory for the results
 */
export function fracDepthWidth(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  nextWeights: CudaWeights,
  options: OpOptions,
  run: OpRun<CudaDepthWidthResult> = {},
): CudaDepthWidthResult {
  const fn = 'fracDepthWidth';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.depthInputs(h, y, alpha, beta);
    const weights = call.weights('nextWeights', nextWeights);
    const made = { h: call.outRow('h', h.shape), ...call.widthOutputs() };
    const out = [made.h.handle(fn, 'out.h'), made.x.handle(fn, 'out.x')] as const;
    const coefficients = [made.alpha.handle(fn, 'out.alpha'), made.beta.handle(fn, 'out.beta')] as const;
    call.run(start => call.native.fracDepthWidth(...start, ...out, ...coefficients, ...given, ...weights));
    return made;
  });
}

/**
 * Backward pass of {@link fracDepthWidth}: the gradients of all its inputs. It computes the state between the layers
 * again.
 *
 * @param upstream gradients of the results
 */
export function fracDepthWidthGrad(
  h: CudaTensor,
  y: CudaTensor,
  alpha: CudaTensor,
  beta: CudaTensor,
  nextWeights: CudaWeights,
  upstream: CudaDepthWidthUpstream,
  options: OpOptions,
  run: OpRun<CudaDepthWidthGradients> = {},
): CudaDepthWidthGradients {
  const fn = 'fracDepthWidthGrad';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.depthInputs(h, y, alpha, beta);
    const weights = call.weights('nextWeights', nextWeights);
    call.checkUpstream(upstream);
    const { lead, o, coefficientShapes: shapes } = call;
    const arriving = [
      call.row('dOut', upstream.dOut, h.shape),
      call.row('dX', upstream.dX, [...lead, o.dim]),
      call.input('dNextAlpha', upstream.dNextAlpha, shapes.alpha),
      call.input('dNextBeta', upstream.dNextBeta, shapes.beta),
    ] as const;
    const gradients = call.depthGradients(h, y, alpha, beta);
    const dNextWeights = call.weightGradients('dNextWeights', nextWeights);
    const out = [...call.depthHandles(gradients), ...call.handlesOf('dNextWeights', dNextWeights)] as const;
    call.run(start => call.native.fracDepthWidthGrad(...start, ...out, ...given, ...weights, ...arriving));
    return { ...gradients, dNextWeights };
  });
}
