import type * as tf from '@tensorflow/tfjs-core';
import type { Config } from '../../addon/config.js';
import { configOf } from '../../addon/config.js';
import type { Addon, Weights } from '../../addon/exports.js';
import { translated } from '../../addon/translated.js';
import type { Named, OpKernels } from '../../contract/kernel.js';
import type { Stem } from '../../contract/ops.js';
import type { ResolvedOptions } from '../../contract/options.js';
import { WEIGHT_NAMES } from '../../contract/weights.js';
import { allocate, cpuBackend, valuesOf } from './values.js';

// Path `native`: the addon's kernels, directly on the typed arrays of the tfjs backend `cpu`.

type F = Float32Array;

/** One call of a kernel: gives access to its inputs and allocates its outputs. */
class Call {
  readonly config: Config;
  private readonly backend = cpuBackend();
  private readonly made: { name: string; shape: number[]; values: Float32Array }[] = [];

  constructor(
    private readonly op: string,
    private readonly given: Named,
    readonly o: ResolvedOptions,
  ) {
    this.config = configOf(o, {
      tokens: given.h!.size / (o.n * o.c),
      prenorm: given.prenormGamma !== undefined,
      alpha: given.alpha?.size,
      beta: given.beta?.size,
      read: given.nextAlpha?.size ?? (given.y ? undefined : given.alpha?.size),
    });
  }

  /** Values of an input. */
  input = (name: string): Float32Array => valuesOf(this.given[name]!, this.op, name, this.backend);

  /** Values of an optional input; undefined if it is absent. */
  optional = (name: string): Float32Array | undefined => this.given[name] && this.input(name);

  shapeOf = (name: string): number[] => this.given[name]!.shape;

  /** The nine weights. */
  weights(): Weights {
    return WEIGHT_NAMES.map(this.optional) as Weights;
  }

  /** Allocates an output. */
  output(name: string, shape: number[]): Float32Array {
    let size = 1;
    for (const each of shape) size *= each;
    const values = allocate(size, this.op, name);
    this.made.push({ name, shape, values });
    return values;
  }

  /** Allocates the gradient of an input. The output has the name of that input. */
  gradient = (name: string): Float32Array => this.output(name, this.given[name]!.shape);

  weightGradients(): Weights {
    return WEIGHT_NAMES.map(name => this.given[name] && this.gradient(name)) as Weights;
  }

  /** What a layer reads with: the input `name`, alpha, and the gain of the pre-norm. */
  reading = (name: string): [F, F | undefined] => [this.input(name), this.optional('prenormGamma')];
  readingGradients = (name: string): [F, F | undefined] => [
    this.gradient(name),
    this.given.prenormGamma && this.gradient('prenormGamma'),
  ];

  /** The layer's input. */
  layerInput = (): F => this.output('x', [...this.given.h!.shape.slice(0, -1), this.o.dim]);

  /** The outputs of a width connection: x, alpha, beta. */
  widthOutputs(): [x: Float32Array, alpha: Float32Array, beta: Float32Array] {
    const { n, m, dynamicAlpha, dynamicBeta } = this.o;
    const lead = this.given.h!.shape.slice(0, -1);
    return [
      this.layerInput(),
      this.output('alpha', dynamicAlpha ? [...lead, n, m + n] : [n, m + n]),
      this.output('beta', dynamicBeta ? [...lead, n] : [n]),
    ];
  }

  /**
   * Hands the outputs to the backend as tensors. Called after the kernel, so that no tensor is made if the kernel
   * fails.
   */
  results(): Record<string, tf.TensorInfo> {
    const results: Record<string, tf.TensorInfo> = {};
    for (const { name, shape, values } of this.made)
      results[name] = this.backend.makeTensorInfo(shape, 'float32', values);
    return results;
  }
}

/** A tfjs kernel that allocates its outputs, runs one native call and returns the outputs as tensors. */
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
    frac_read: {
      forward: kernel('fracRead', call => {
        addon.fracRead(...call.config, call.layerInput(), call.input('h'), ...call.reading('alpha'));
      }),
      gradient: kernel('fracReadGrad', call => {
        const { config, input, gradient } = call;
        addon.fracReadGrad(
          ...config,
          ...[gradient('h'), ...call.readingGradients('alpha')],
          ...[input('h'), ...call.reading('alpha'), input('dX'), call.optional('dState')],
        );
      }),
    },
    frac_depth_read: {
      forward: kernel('fracDepthRead', call => {
        const { config, input, shapeOf } = call;
        addon.fracDepthRead(
          ...config,
          ...[call.output('out', shapeOf('h')), call.layerInput()],
          ...[input('h'), input('y'), input('alpha'), input('beta'), ...call.reading('nextAlpha')],
        );
      }),
      gradient: kernel('fracDepthReadGrad', call => {
        const { config, input, gradient } = call;
        addon.fracDepthReadGrad(
          ...config,
          ...[gradient('h'), gradient('y'), gradient('alpha'), gradient('beta')],
          ...call.readingGradients('nextAlpha'),
          ...[input('h'), input('y'), input('alpha'), input('beta'), ...call.reading('nextAlpha')],
          ...[input('dOut'), input('dX')],
        );
      }),
    },
  };
}
