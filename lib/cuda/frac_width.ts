import type { OpOptions } from '../contract/options.js';
import { type CudaWeights, type OpRun, runDeviceOp } from './op.js';
import type { CudaTensor } from './tensor.js';

/** The result of {@link fracWidth}. */
export interface CudaWidthResult {
  /** `[..., dim]`, of the type of h: the layer's input. */
  x: CudaTensor;
  /** `[..., n, m + n]`, or `[n, m + n]` when alpha is static; float32. */
  alpha: CudaTensor;
  /** `[..., n]`, or `[n]` when beta is static; float32. */
  beta: CudaTensor;
}

/** Gradients of the results of {@link fracWidth}. */
export interface CudaWidthUpstream {
  /** `[..., dim]`, of the type of h. */
  dX: CudaTensor;
  /** The shape of alpha, float32. */
  dAlpha: CudaTensor;
  /** The shape of beta, float32. */
  dBeta: CudaTensor;
  /**
   * `[..., streams * dim]`, of the type of h: another part of h's gradient, such as the depth connection's. It is added
   * to `dH`.
   */
  dState?: CudaTensor;
}

/** The result of {@link fracWidthGrad}. */
export interface CudaWidthGradients {
  /** `[..., streams * dim]`, of the type of h. */
  dH: CudaTensor;
  /** A gradient for each weight, float32. */
  dWeights: CudaWeights;
}

/**
 * Width connection on a device: `fracWidth` of the package's main entry, with device tensors. Weights and coefficients
 * are always float32.
 *
 * ```text
 * alpha[i,:] = scaleAlpha * tanh(norm(H[i]) @ wAlpha) + staticAlpha[i,:]      Eq. 12, 13 of arXiv 2503.14125
 * beta[i]    = scaleBeta  * tanh(norm(H[i]) @ wBeta ) + staticBeta[i]         Eq. 11
 * x          = concat_j sum_i alpha[i,j] H[i],  j < m                         Y^T H
 * ```
 *
 * @param h `[..., streams * dim]`, of any type: the hidden state
 * @param weights weights of one connection, float32; shapes in {@link ConnectionWeights}
 * @param options options of that connection; defaults in {@link OpOptions}
 * @returns the layer's input x, and the coefficients alpha and beta
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
  options: OpOptions,
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
 * Backward pass of {@link fracWidth}: the gradients of h and of every weight. It computes alpha, the norm and x before the pre-norm
 * again.
 *
 * @param upstream gradients of the results
 */
export function fracWidthGrad(
  h: CudaTensor,
  weights: CudaWeights,
  upstream: CudaWidthUpstream,
  options: OpOptions,
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
