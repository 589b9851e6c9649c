import * as tf from '@tensorflow/tfjs-core';
import type { OpContract } from './ops.js';
import type { ResolvedOptions } from './options.js';

/** Tensors by name; an absent optional input is left out. */
export type Named = Record<string, tf.Tensor>;

/**
 * One implementation of one kernel, on whatever path: named tensors in, named tensors out, nothing else kept. Outputs may
 * be what tfjs makes tensors of.
 */
export type Kernel<Out extends tf.TensorInfo = tf.Tensor> = (
  inputs: Named,
  options: ResolvedOptions,
) => Record<string, Out>;

/** What a path brings for one op. */
export interface OpKernels<Out extends tf.TensorInfo = tf.Tensor> {
  forward: Kernel<Out>;
  /**
   * Takes the forward inputs, and the gradient of each output under its {@link gradientName}. Returns a gradient for each
   * forward input, by that input's name; no two may be one tensor, since tfjs disposes of gradients as it adds them up.
   * An op with an alias gets that output's gradient too where something took the output, and adds it to its input's.
   */
  gradient: Kernel<Out>;
}

/** The name under which a gradient kernel gets the gradient of output `x`: `dX`. */
export const gradientName = (output: string) => `d${output[0]!.toUpperCase()}${output.slice(1)}`;

/** Of a call that makes the op's alias. */
export interface Alias extends tf.NamedAttrMap {
  /**
   * Whether anything was given the alias. Until then its gradient is nothing: tfjs makes zeros, as large as the input, that
   * the gradient kernel need not read.
   */
  taken: boolean;
}

interface Attributes extends tf.NamedAttrMap {
  /** The inputs' names. */
  names: string[];
  options: tf.NamedAttrMap;
  alias: Alias | false;
}

/**
 * Calls a registered kernel. Inputs travel as an array with their names beside it: tfjs can save *all* inputs for the
 * gradient only when they are an array, and a fixed list of names would have to hold the optional ones as well.
 */
export function callKernel(
  kernelName: string,
  names: string[],
  tensors: tf.Tensor[],
  options: ResolvedOptions,
  alias: Alias | false = false,
): tf.Tensor[] {
  const attributes: Attributes = { names, options: options as ResolvedOptions & tf.NamedAttrMap, alias };
  // runKernel is typed for a map of inputs; tfjs itself hands it arrays (Concat, Pack), as saveAllInputs demands.
  return tf.engine().runKernel<tf.Tensor[]>(kernelName, tensors as unknown as tf.NamedTensorMap, attributes);
}

/** Registers both kernels of an op for a tfjs backend, and its gradient for all backends. */
export function registerOp(op: OpContract, backendName: string, kernels: OpKernels<tf.TensorInfo>): void {
  const { kernelName, outputs, alias } = op;
  register(kernelName, backendName, (named, { options, alias: wanted }) => {
    const results = kernels.forward(named, options as unknown as ResolvedOptions);
    const made = outputs.map(name => results[name]!);
    return wanted ? [...made, again(named[alias!.input]!)] : made;
  });
  const upstream = new Set(gradientNames(op, true));
  register(`${kernelName}Grad`, backendName, (named, { names, options }) => {
    const results = kernels.gradient(named, options as unknown as ResolvedOptions);
    return names.filter(name => !upstream.has(name)).map(name => results[name]!);
  });
  registerOpGradient(op);
}

/** A tensor's values as another tensor: tfjs only counts one reference more. */
const again = (x: tf.Tensor): tf.Tensor => tf.engine().runKernel('Identity', { x });

const gradientNames = ({ outputs, alias }: OpContract, withAlias: boolean): string[] =>
  [...outputs, ...(withAlias && alias ? [alias.output] : [])].map(gradientName);

function register(
  kernelName: string,
  backendName: string,
  run: (inputs: Named, attributes: Attributes) => tf.TensorInfo[],
): void {
  // tfjs warns when a kernel is registered over another; a change of path does just that.
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

/** Tensors by name, in a loop: part of every call, and `Object.fromEntries` takes several times longer. */
export function byName(names: readonly string[], tensors: readonly tf.Tensor[]): Named {
  const named: Named = {};
  for (let i = 0; i < names.length; i++) named[names[i]!] = tensors[i]!;
  return named;
}
