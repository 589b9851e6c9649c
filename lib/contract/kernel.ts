import * as tf from '@tensorflow/tfjs-core';
import type { OpContract } from './ops.js';
import type { ResolvedOptions } from './options.js';

/** Tensors by name. An optional input that is absent has no entry. */
export type Named = Record<string, tf.Tensor>;

/**
 * One implementation of one kernel, on any path. It takes and returns tensors by name, and keeps no other tensor alive.
 * An output may be a `TensorInfo`, of which tfjs makes a tensor.
 */
export type Kernel<Out extends tf.TensorInfo = tf.Tensor> = (
  inputs: Named,
  options: ResolvedOptions,
) => Record<string, Out>;

/** The kernels of one op on one path. */
export interface OpKernels<Out extends tf.TensorInfo = tf.Tensor> {
  forward: Kernel<Out>;
  /**
   * Takes the forward inputs, and the gradient of each output under its {@link gradientName}. Returns one gradient for
   * each forward input, under the name of that input. Each must be a tensor of its own, because tfjs disposes of
   * gradients while it sums them. An op with an alias also gets the alias's gradient if something used the alias, and
   * adds it to the gradient of the input that the alias stands for.
   */
  gradient: Kernel<Out>;
}

/** The name of the gradient of an output: `x` becomes `dX`. */
export const gradientName = (output: string) => `d${output[0]!.toUpperCase()}${output.slice(1)}`;

/** The alias of one call of an op; see {@link OpContract}. */
export interface Alias extends tf.NamedAttrMap {
  /**
   * Whether something used the alias. If nothing did, tfjs passes zeros of the input's size as its gradient, and the
   * gradient kernel does not have to read them.
   */
  taken: boolean;
}

interface Attributes extends tf.NamedAttrMap {
  /** Names of the inputs. */
  names: string[];
  options: tf.NamedAttrMap;
  alias: Alias | false;
}

/**
 * Calls a registered kernel. The inputs are an array, and an attribute holds their names. tfjs saves *all* inputs for
 * the gradient only from an array, and a fixed list of input names would have to include the optional ones.
 */
export function callKernel(
  kernelName: string,
  names: string[],
  tensors: tf.Tensor[],
  options: ResolvedOptions,
  alias: Alias | false = false,
): tf.Tensor[] {
  const attributes: Attributes = { names, options: options as ResolvedOptions & tf.NamedAttrMap, alias };
  // The type of runKernel asks for a map of inputs, but saveAllInputs needs an array. tfjs does the same (Concat,
  // Pack).
  return tf.engine().runKernel<tf.Tensor[]>(kernelName, tensors as unknown as tf.NamedTensorMap, attributes);
}

/** Registers both kernels of an op for a tfjs backend, and its gradient for all backends. */
export function registerOp(op: OpContract, backendName: string, kernels: OpKernels<tf.TensorInfo>): void {
  const { kernelName, outputs, alias } = op;
  register(kernelName, backendName, (named, { options, alias: wanted }) => {
    const results = kernels.forward(named, options as unknown as ResolvedOptions);
    const made = outputs.map(name => results[name]!);
    return wanted ? [...made, identity(named[alias!.input]!)] : made;
  });
  const upstream = new Set(gradientNames(op, true));
  register(`${kernelName}Grad`, backendName, (named, { names, options }) => {
    const results = kernels.gradient(named, options as unknown as ResolvedOptions);
    return names.filter(name => !upstream.has(name)).map(name => results[name]!);
  });
  registerOpGradient(op);
}

/** Another tensor over the same values. tfjs copies nothing; it only counts one more reference. */
const identity = (x: tf.Tensor): tf.Tensor => tf.engine().runKernel('Identity', { x });

const gradientNames = ({ outputs, alias }: OpContract, withAlias: boolean): string[] =>
  [...outputs, ...(withAlias && alias ? [alias.output] : [])].map(gradientName);

function register(
  kernelName: string,
  backendName: string,
  run: (inputs: Named, attributes: Attributes) => tf.TensorInfo[],
): void {
  // A change of path replaces a kernel. tfjs would warn if the old one were still registered.
  if (tf.getKernel(kernelName, backendName) != null) tf.unregisterKernel(kernelName, backendName);
  const kernelFunc: tf.KernelFunc = ({ inputs, attrs }) => {
    const attributes = attrs as Attributes;
    return run(byName(attributes.names, inputs as unknown as tf.Tensor[]), attributes);
  };
  tf.registerKernel({ kernelName, backendName, kernelFunc });
}

function registerOpGradient(op: OpContract): void {
  if (tf.getGradient(op.kernelName) != null) return;
  tf.registerGradient({
    kernelName: op.kernelName,
    saveAllInputs: true,
    gradFunc: (dys, saved, attrs) => {
      const { names, options, alias } = attrs as Attributes;
      const upstream = gradientNames(op, alias !== false && alias.taken);
      const tensors = [...saved, ...(Array.isArray(dys) ? dys.slice(0, upstream.length) : [dys])];
      const all = [...names, ...upstream];
      const gradients = callKernel(
        `${op.kernelName}Grad`,
        all,
        tensors,
        options as unknown as ResolvedOptions,
      );
      return Object.fromEntries(names.map((_, i) => [i, () => gradients[i]!]));
    },
  });
}

/**
 * Pairs names with tensors. A plain loop, because every call runs it and `Object.fromEntries` takes several times
 * longer.
 */
export function byName(names: readonly string[], tensors: readonly tf.Tensor[]): Named {
  const named: Named = {};
  for (let i = 0; i < names.length; i++) named[names[i]!] = tensors[i]!;
  return named;
}
