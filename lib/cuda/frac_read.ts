import type { OpOptions } from '../contract/options.js';
import { type CudaReadWeights, type OpRun, runDeviceOp } from './op.js';
import type { CudaTensor } from './tensor.js';

/** Gradients that arrive at {@link fracRead}. */
export interface CudaReadUpstream {
  /** `[..., dim]`, of the type of h. */
  dX: CudaTensor;
  /**
   * `[..., n * dim / fractions]`, of the type of h: another part of h's gradient, such as the depth connection's. It is added to `dH`.
   */
  dState?: CudaTensor;
}

/** The result of {@link fracReadGrad}. */
export interface CudaReadGradients {
  /** `[..., n * dim / fractions]`, of the type of h. */
  dH: CudaTensor;
  /** The shape of alpha, float32. The columns A are 0. */
  dAlpha: CudaTensor;
  /** `[dim]`, float32, if there is a gain. */
  dPrenormGamma?: CudaTensor;
}

/**
 * Reads the layer's input with a given alpha, on a device: `fracRead` of the package's main entry, with device tensors.
 *
 * ```text
 * x = concat_j sum_i alpha[i,j] H[i],  j < m                         Y^T H
 * ```
 *
 * @param h `[..., n * dim / fractions]`, of any type: the hidden state
 * @param alpha `[..., n, m + n]` or `[n, m + n]`, float32
 * @param weights the gain of a pre-norm, if there is one
 * @returns `[..., dim]`, of the type of h: the layer's input
 * @throws FracConnectionsError when an argument is wrong; ERR_MEMORY when there is no memory for the result
 */
export function fracRead(
  h: CudaTensor,
  alpha: CudaTensor,
  options: OpOptions,
  weights: CudaReadWeights = {},
  run: OpRun<{ x: CudaTensor }> = {},
): CudaTensor {
  const fn = 'fracRead';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.reading('alpha', alpha, 'weights', weights);
    const x = call.outRow('x', [...call.lead, call.o.dim]);
    call.run(start => call.native.fracRead(...start, x.handle(fn, 'out.x'), h.handle(fn, 'h'), ...given));
    return x;
  });
}

/** Backward pass of {@link fracRead}: the gradients of h, alpha and the gain. */
export function fracReadGrad(
  h: CudaTensor,
  alpha: CudaTensor,
  upstream: CudaReadUpstream,
  options: OpOptions,
  weights: CudaReadWeights = {},
  run: OpRun<CudaReadGradients> = {},
): CudaReadGradients {
  const fn = 'fracReadGrad';
  return runDeviceOp(fn, h, options, run, call => {
    const given = call.reading('alpha', alpha, 'weights', weights);
    call.checkUpstream(upstream);
    const { dX, dState } = upstream;
    const arriving = call.row('dX', dX, [...call.lead, call.o.dim]);
    const state = dState && call.row('dState', dState, h.shape);
    const dH = call.outRow('dH', h.shape);
    const dAlpha = call.output('dAlpha', alpha.shape);
    const dPrenormGamma = call.gainGradient(weights);
    const out = [dAlpha.handle(fn, 'out.dAlpha'), dPrenormGamma?.handle(fn, 'out.dPrenormGamma')] as const;
    call.run(start =>
      call.native.fracReadGrad(
        ...start,
        ...[dH.handle(fn, 'out.dH'), ...out],
        ...[h.handle(fn, 'h'), ...given, arriving, state],
      ),
    );
    return { dH, dAlpha, ...(dPrenormGamma && { dPrenormGamma }) };
  });
}
