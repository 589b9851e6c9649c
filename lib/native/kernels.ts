import type * as tf from '@tensorflow/tfjs-core';
import type { Stem } from '../ops/contracts.js';
import type { Named, OpKernels } from '../ops/kernel.js';
import type { Norm, ResolvedOptions } from '../options.js';
import { WEIGHT_NAMES } from '../weights.js';
import type { Addon, Config, Weights } from './load.js';
import { allocate, cpuBackend, translated, valuesOf } from './values.js';

// Path `native`: the addon's kernels on the typed arrays of tfjs' `cpu` backend, in place.

/** `Norm` of native/common/config.h. */
const NORMS: Record<Norm, number> = { none: 0, rms: 1, layer: 2 };

/** Bits of `flags`: those of native/node/arguments.h. */
const FLAGS = { dynamicAlpha: 1, dynamicBeta: 2, tanh: 4, scale: 8 } as const;
const PRENORM = 16;
const ALPHA_PER_TOKEN = 32;
const BETA_PER_TOKEN = 64;

/** One run of a kernel: reads inputs by name, makes outputs by name. */
class Call {
  readonly config: Config;
  private readonly made: { name: string; shape: number[]; values: Float32Array }[] = [];

  constructor(
    private readonly op: string,
    private readonly given: Named,
    readonly o: ResolvedOptions,
  ) {
    const { n, m, c } = o;
    let flags = given.prenormGamma === undefined ? 0 : PRENORM;
    for (const name of Object.keys(FLAGS) as (keyof typeof FLAGS)[]) if (o[name]) flags |= FLAGS[name];
    // With one token both forms are the same values.
    if (given.alpha !== undefined && given.alpha.size !== n * (m + n)) flags |= ALPHA_PER_TOKEN;
    if (given.beta !== undefined && given.beta.size !== n) flags |= BETA_PER_TOKEN;
    const tokens = given.h!.size / (n * c);
    this.config = [tokens, n, m, c, NORMS[o.norm], flags, o.epsilon, o.prenormEpsilon];
  }

  /** Values of an input. */
  input = (name: string): Float32Array => valuesOf(this.given[name]!, `${this.op}: ${name}`);

  /** The same, where there is that input. */
  optional = (name: string): Float32Array | undefined => this.given[name] && this.input(name);

  shapeOf = (name: string): number[] => this.given[name]!.shape;

  /** The nine weights. */
  weights(): Weights {
    return WEIGHT_NAMES.map(this.optional) as Weights;
  }

  /** Room for an output. */
  output(name: string, shape: number[]): Float32Array {
    const size = shape.reduce((product, each) => product * each, 1);
    const values = allocate(size, `${this.op}: ${name}`);
    this.made.push({ name, shape, values });
    return values;
  }

  /** Room for the gradient of an input, which goes by the input's name. */
  gradient = (name: string): Float32Array => this.output(name, this.given[name]!.shape);

  weightGradients(): Weights {
    return WEIGHT_NAMES.map(name => this.given[name] && this.gradient(name)) as Weights;
  }

  /** The outputs of a width connection: x, alpha, beta. */
  widthOutputs(): [x: Float32Array, alpha: Float32Array, beta: Float32Array] {
    const { n, m, dim, dynamicAlpha, dynamicBeta } = this.o;
    const lead = this.given.h!.shape.slice(0, -1);
    return [
      this.output('x', [...lead, dim]),
      this.output('alpha', dynamicAlpha ? [...lead, n, m + n] : [n, m + n]),
      this.output('beta', dynamicBeta ? [...lead, n] : [n]),
    ];
  }

  /** What was made, as the backend's tensors: arrays change hands only when the kernel has run. */
  results(): Record<string, tf.TensorInfo> {
    const backend = cpuBackend();
    return Object.fromEntries(
      this.made.map(({ name, shape, values }) => [name, backend.makeTensorInfo(shape, 'float32', values)]),
    );
  }
}

/** A tfjs kernel that allocates, runs one native call and hands over. */
const kernel =
  (op: string, run: (call: Call) => void) =>
  (given: Named, o: ResolvedOptions): Record<string, tf.TensorInfo> => {
    const call = new Call(op, given, o);
    translated(() => run(call));
    return call.results();
  };

/** The kernels of every op, by stem. */
export function nativeKernels(addon: Addon): Record<Stem, OpKernels<tf.TensorInfo>> {
  return {
    frac_width: {
      forward: kernel('fracWidth', call => {
        const { config } = call;
        addon.fracWidth(...config, ...call.widthOutputs(), call.input('h'), ...call.weights());
      }),
      gradient: kernel('fracWidthGrad', call => {
        const { config, input, gradient } = call;
        addon.fracWidthGrad(
          ...config,
          ...[gradient('h'), ...call.weightGradients()],
          ...[input('h'), ...call.weights(), input('dX'), input('dAlpha'), input('dBeta')],
          call.optional('dState'),
        );
      }),
    },
    frac_depth: {
      forward: kernel('fracDepth', call => {
        const { config, input, shapeOf } = call;
        const out = call.output('out', shapeOf('h'));
        addon.fracDepth(...config, out, input('h'), input('y'), input('alpha'), input('beta'));
      }),
      gradient: kernel('fracDepthGrad', call => {
        const { config, input, gradient } = call;
        addon.fracDepthGrad(
          ...config,
          ...[gradient('h'), gradient('y'), gradient('alpha'), gradient('beta')],
          ...[input('h'), input('y'), input('alpha'), input('beta'), input('dOut')],
        );
      }),
    },
    frac_depth_width: {
      forward: kernel('fracDepthWidth', call => {
        const { config, input, shapeOf } = call;
        addon.fracDepthWidth(
          ...config,
          ...[call.output('out', shapeOf('h')), ...call.widthOutputs()],
          ...[input('h'), input('y'), input('alpha'), input('beta'), ...call.weights()],
        );
      }),
      gradient: kernel('fracDepthWidthGrad', call => {
        const { config, input, gradient } = call;
        addon.fracDepthWidthGrad(
          ...config,
          ...[gradient('h'), gradient('y'), gradient('alpha'), gradient('beta'), ...call.weightGradients()],
          ...[input('h'), input('y'), input('alpha'), input('beta'), ...call.weights()],
          ...[input('dOut'), input('dX'), input('dAlpha'), input('dBeta')],
        );
      }),
    },
  };
}
