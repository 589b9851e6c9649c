import type { Config } from '../addon/config.js';
import { configOf } from '../addon/config.js';
import { type DeviceWeights, DTYPES, type Handle } from '../addon/cuda.js';
import { checkNames, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import { type OpOptions, type ResolvedOptions, resolveOptions } from '../contract/options.js';
import { type ConnectionWeights, checkWeights, WEIGHT_NAMES, weightShapes } from '../contract/weights.js';
import { checkIs } from './checks.js';
import { nativeCall } from './native_call.js';
import { type OnStream, streamOf } from './stream.js';
import { allocateTensor, type CudaDtype, CudaTensor, checkTensor } from './tensor.js';

/** The weights of one connection on a device, float32. The shapes are those of {@link ConnectionWeights}. */
export type CudaWeights = ConnectionWeights<CudaTensor>;

/** What a layer reads with on a device, beside alpha. */
export interface CudaReadWeights {
  /** `[dim]`, float32: gain of the layer's pre-norm. If given, the op returns `RMSNorm(x) * prenormGamma` for x. */
  prenormGamma?: CudaTensor;
}

/** Options of one run of an op. */
export interface OpRun<Out> extends OnStream {
  /**
   * Tensors for the results, by name. The op allocates those that are not given. None may also be an input. If a result
   * is a set of weights, give all of its tensors or none.
   */
  out?: Partial<Out>;
}

type Shape = readonly number[];

/** Runs an op. If it fails, the results that were already allocated are freed. */
export function runDeviceOp<Result>(
  fn: string,
  h: CudaTensor,
  options: OpOptions,
  run: OpRun<object>,
  body: (call: OpCall) => Result,
): Result {
  const call = new OpCall(fn, h, resolveOptions(fn, options), run);
  try {
    return body(call);
  } catch (error) {
    call.abandon();
    throw error;
  }
}

/**
 * One call of an op. It checks the arguments, allocates the results that are not given, and calls the addon. Rows (the
 * hidden state, x, y and their gradients) have the type of the hidden state; everything else is float32.
 */
export class OpCall {
  readonly lead: Shape;
  readonly dtype: CudaDtype;
  readonly #made: CudaTensor[] = [];
  readonly #out: Record<string, unknown>;
  readonly #stream: Handle;
  readonly #sizes: { prenorm?: boolean; alpha?: number; beta?: number; read?: number } = {};

  constructor(
    readonly fn: string,
    private readonly h: CudaTensor,
    readonly o: ResolvedOptions,
    run: OpRun<object>,
  ) {
    checkIs(fn, 'h', h, CudaTensor);
    this.#stream = streamOf(fn, h.device, run, ['stream', 'out']);
    if (run.out !== undefined && (typeof run.out !== 'object' || run.out === null)) {
      throw optionError(fn, 'out', 'must be an object', run.out);
    }
    this.#out = { ...(run.out as Record<string, unknown> | undefined) };
    this.dtype = h.dtype;
    this.row('h', h, ['...', o.n * o.c]);
    this.lead = h.shape.slice(0, -1);
  }

  get native() {
    return this.h.device.native;
  }

  /** Checks an input of the hidden state's type. Returns its handle. */
  row = (name: string, value: CudaTensor, shape: readonly (number | '...')[]): Handle =>
    this.#input(name, value, this.dtype, [shape]);

  /** Checks a float32 input. Returns its handle. */
  input = (name: string, value: CudaTensor, ...shapes: Shape[]): Handle =>
    this.#input(name, value, 'float32', shapes);

  /** Throws unless the upstream gradients are an object. */
  checkUpstream(upstream: object): void {
    if (typeof upstream !== 'object' || upstream === null)
      throw optionError(this.fn, 'upstream', 'must be an object', upstream);
  }

  /** Checks the four inputs of a depth connection. Returns their handles. */
  depthInputs(
    h: CudaTensor,
    y: CudaTensor,
    alpha: CudaTensor,
    beta: CudaTensor,
  ): [Handle, Handle, Handle, Handle] {
    const { n, m, dim } = this.o;
    const { lead } = this;
    const handles: [Handle, Handle, Handle, Handle] = [
      h.handle(this.fn, 'h'),
      this.row('y', y, [...lead, dim]),
      this.input('alpha', alpha, [n, m + n], [...lead, n, m + n]),
      this.input('beta', beta, [n], [...lead, n]),
    ];
    this.#sizes.alpha = alpha.size;
    this.#sizes.beta = beta.size;
    return handles;
  }

  /** Checks the weights. Returns the handles of all nine. */
  weights(name: string, weights: CudaWeights): DeviceWeights {
    this.#checkWeights(name, weights);
    this.#sizes.prenorm = weights.prenormGamma !== undefined;
    return this.handlesOf(name, weights);
  }

  /** Checks what a layer reads with: a given alpha, and the gain of its pre-norm. Returns their handles. */
  reading(
    name: string,
    alpha: CudaTensor,
    weightsName: string,
    weights: CudaReadWeights,
  ): [Handle, Handle | undefined] {
    if (typeof weights !== 'object' || weights === null)
      throw optionError(this.fn, weightsName, 'must be an object', weights);
    checkNames(this.fn, weights, ['prenormGamma']);
    const { n, m, dim } = this.o;
    const { prenormGamma } = weights;
    const handle = this.input(name, alpha, [n, m + n], [...this.lead, n, m + n]);
    this.#sizes.prenorm = prenormGamma !== undefined;
    this.#sizes.read = alpha.size;
    return [handle, prenormGamma && this.input(`${weightsName}.prenormGamma`, prenormGamma, [dim])];
  }

  /** A result of the hidden state's type. */
  outRow = (name: string, shape: Shape): CudaTensor => this.#result(name, shape, this.dtype);

  /** A float32 result. */
  output = (name: string, shape: Shape): CudaTensor => this.#result(name, shape, 'float32');

  /** Shapes of a width connection's coefficients. */
  get coefficientShapes(): { alpha: Shape; beta: Shape } {
    const { n, m, dynamicAlpha, dynamicBeta } = this.o;
    return {
      alpha: [...(dynamicAlpha ? this.lead : []), n, m + n],
      beta: [...(dynamicBeta ? this.lead : []), n],
    };
  }

  /** A width connection's results: x, alpha, beta. */
  widthOutputs(): { x: CudaTensor; alpha: CudaTensor; beta: CudaTensor } {
    const { alpha, beta } = this.coefficientShapes;
    return {
      x: this.outRow('x', [...this.lead, this.o.dim]),
      alpha: this.output('alpha', alpha),
      beta: this.output('beta', beta),
    };
  }

  /** Returns the given tensors for the gradients of weights, or allocates them. */
  weightGradients(name: string, weights: CudaWeights): CudaWeights {
    const given = this.#out[name] as CudaWeights | undefined;
    delete this.#out[name];
    const prenorm = weights.prenormGamma !== undefined;
    if (given === undefined) {
      const shapes = Object.entries(weightShapes(this.o, prenorm));
      const made = shapes.map(([each, shape]) => [each, this.#allocate(shape, 'float32')]);
      return Object.fromEntries(made) as CudaWeights;
    }
    this.#checkWeights(`out.${name}`, given);
    if ((given.prenormGamma !== undefined) !== prenorm) {
      const rule = prenorm
        ? 'is missing, but the weights have it'
        : 'must be absent, as it is in the weights';
      throw new FracConnectionsError('ERR_WEIGHTS', `${this.fn}: out.${name}.prenormGamma ${rule}`);
    }
    return given;
  }

  /** Runs the native op. */
  run(call: (start: [stream: Handle, dtype: 0 | 1 | 2, ...config: Config]) => void): void {
    const stranger = Object.keys(this.#out).find(name => this.#out[name] !== undefined);
    if (stranger !== undefined) {
      throw new FracConnectionsError('ERR_OPTION', `${this.fn}: out.${stranger} is not a result of this op`);
    }
    const { prenorm = false, ...sizes } = this.#sizes;
    const tokens = this.h.size / (this.o.n * this.o.c);
    const config = configOf(this.o, { tokens, prenorm, ...sizes });
    nativeCall(this.fn, () => call([this.#stream, DTYPES[this.dtype], ...config]));
  }

  /** Frees the results allocated so far. */
  abandon(): void {
    for (const tensor of this.#made.splice(0)) tensor.dispose();
  }

  /** The gradients of a depth connection; each has the shape of its input. */
  depthGradients(h: CudaTensor, y: CudaTensor, alpha: CudaTensor, beta: CudaTensor) {
    return {
      dH: this.outRow('dH', h.shape),
      dY: this.outRow('dY', y.shape),
      dAlpha: this.output('dAlpha', alpha.shape),
      dBeta: this.output('dBeta', beta.shape),
    };
  }

  depthHandles(made: ReturnType<OpCall['depthGradients']>): [Handle, Handle, Handle, Handle] {
    const { dH, dY, dAlpha, dBeta } = made;
    return [
      dH.handle(this.fn, 'out.dH'),
      dY.handle(this.fn, 'out.dY'),
      dAlpha.handle(this.fn, 'out.dAlpha'),
      dBeta.handle(this.fn, 'out.dBeta'),
    ];
  }

  /** The gradient of a pre-norm's gain, if there is one. */
  gainGradient = (weights: CudaReadWeights): CudaTensor | undefined =>
    weights.prenormGamma && this.output('dPrenormGamma', [this.o.dim]);

  /** The handles of weights that are already checked. */
  handlesOf = (name: string, weights: CudaWeights): DeviceWeights =>
    WEIGHT_NAMES.map(each => weights[each]?.handle(this.fn, `${name}.${each}`)) as DeviceWeights;

  #checkWeights(name: string, weights: CudaWeights): void {
    checkWeights(this.fn, name, weights, this.o, {
      is: () => false, // `check` is just as fast
      check: (_, each, value, shape) => this.input(each, value as CudaTensor, shape),
    });
  }

  #input(
    name: string,
    value: CudaTensor,
    dtype: CudaDtype,
    shapes: readonly (readonly (number | '...')[])[],
  ): Handle {
    checkIs(this.fn, name, value, CudaTensor);
    checkTensor(this.fn, name, value, this.h.device, dtype, shapes);
    return value.handle(this.fn, name);
  }

  #result(name: string, shape: Shape, dtype: CudaDtype): CudaTensor {
    const given = this.#out[name];
    delete this.#out[name];
    if (given === undefined) return this.#allocate(shape, dtype);
    checkIs(this.fn, `out.${name}`, given, CudaTensor);
    checkTensor(this.fn, `out.${name}`, given, this.h.device, dtype, [shape]);
    return given;
  }

  #allocate(shape: Shape, dtype: CudaDtype): CudaTensor {
    const made = allocateTensor(this.h.device, this.fn, shape, dtype);
    this.#made.push(made);
    return made;
  }
}
