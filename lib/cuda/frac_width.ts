import type { ConnectionOptions } from '../contract/options.js';
import { type CudaWeights, type OpRun, runDeviceOp } from './op.js';
import type { CudaTensor } from './tensor.js';

/** What {@link fracWidth} returns. */
export interface CudaWidthResult {
  /** `[..., dim]`: the layer's input, of h's type. */
  x: CudaTensor;
  /** `[..., n, m + n]`, or `[n, m + n]` when alpha is static; float32. */
  alpha: CudaTensor;
  /** `[..., n]`, or `[n]` when beta is static; float32. */
  beta: CudaTensor;
}

/** Gradients that reach a width connection. */
export interface CudaWidthUpstream {
  /** `[..., dim]`, of h's type. */
  dX: CudaTensor;
  /** Like alpha, float32. */
  dAlpha: CudaTensor;
  /** Like beta, float32. */
  dBeta: CudaTensor;
  /** `[..., streams * dim]`, of h's type: what else reaches h's gradient, the depth connection's say; added to it. */
  dState?: CudaTensor;
}

/** What {@link fracWidthGrad} returns. */
export interface CudaWidthGradients {
  /** `[..., streams * dim]`, of h's type. */
  dH: CudaTensor;
  /** A gradient for each weight, float32. */
  dWeights: CudaWeights;
}

/**
 * Width connection on a device: `fracWidth` of the package's main entry, with device tensors. Weights and coefficients are float32 whatever the
 * hidden state's type.
 *
 * @param h `[..., streams * dim]`, of any type
 * @param weights of one connection, float32
 * @param options of that connection
 * @throws FracConnectionsError when an argument is wrong; ERR_MEMORY when there is no memory for the results
 *
 * @example
 * ```ts
 * const { x, alpha, beta } = fracWidth(h, weights, { dim: 512, fractions: 4 });
 * ```
 */
export function fracWidth(
  h: CudaTensor,
  weights: CudaWeights,
  options: ConnectionOptions,
  run: OpRun<CudaWidthResult> = {},
): CudaWidthResult {
  const fn = 'fracWidth';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.weights('weights', weights);
    const { x, alpha, beta } = call.widthOutputs();
    const out = [x.handle(fn, 'x'), alpha.handle(fn, 'alpha'), beta.handle(fn, 'beta')] as const;
    call.run(start => call.native.fracWidth(...start, ...out, h.handle(fn, 'h'), ...given));
    return { x, alpha, beta };
  });
}

/**
 * Gradients of {@link fracWidth} by h and every weight. Alpha, the norm and x before its pre-norm are computed again.
 *
 * @param upstream gradients of the outputs
 */
export function fracWidthGrad(
  h: CudaTensor,
  weights: CudaWeights,
  upstream: CudaWidthUpstream,
  options: ConnectionOptions,
  run: OpRun<CudaWidthGradients> = {},
): CudaWidthGradients {
  const fn = 'fracWidthGrad';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.weights('weights', weights);
    call.checkUpstream(upstream);
    const { dX, dAlpha, dBeta, dState } = upstream;
    const { lead, o, coefficientShapes: shapes } = call;
    const arriving = [
      call.row('dX', dX, [...lead, o.dim]),
      call.input('dAlpha', dAlpha, shapes.alpha),
      call.input('dBeta', dBeta, shapes.beta),
    ] as const;
    const state = dState && call.row('dState', dState, h.shape);
    const dH = call.outRow('dH', h.shape);
    const dWeights = call.weightGradients('dWeights', weights);
    const out = [dH.handle(fn, 'dH'), ...call.handlesOf('dWeights', dWeights)] as const;
    call.run(start =>
      call.native.fracWidthGrad(...start, ...out, h.handle(fn, 'h'), ...given, ...arriving, state),
    );
    return { dH, dWeights };
  });
}
