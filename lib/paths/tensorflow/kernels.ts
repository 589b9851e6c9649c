import type * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from '../../common/errors.js';
import type { Kernel, Named, OpKernels } from '../../contract/kernel.js';
import type { Stem } from '../../contract/ops.js';
import type { ResolvedOptions } from '../../contract/options.js';
import { WEIGHT_NAMES } from '../../contract/weights.js';
import { type Attribute, nodeBackend } from './backend.js';

// Path `tensorflow`: the addon has defined the ops inside TensorFlow, and tfjs-node calls them by name, as it does its own.
// Tensors stay where they are. Inputs, outputs and attributes are those of native/tensorflow/register.cc and options.h.

/** Of an options object: the attributes by {@link variant}. */
const attributes = new WeakMap<ResolvedOptions, Attribute[][]>();

const NORMS = ['none', 'rms', 'layer'];

/** What an op's attribute tells of its inputs: bit 0 a pre-norm, bit 1 a gradient of the state's alias. */
const variant = (given: Named) => (given.prenormGamma ? 1 : 0) + (given.dState ? 2 : 0);

function attributesOf(o: ResolvedOptions, given: Named): Attribute[] {
  let all = attributes.get(o);
  if (all === undefined) {
    all = [0, 1, 2, 3].map(each => makeAttributes(o, each));
    attributes.set(o, all);
  }
  return all[variant(given)]!;
}

/** One attribute for everything: each costs about a microsecond a call, and so does a list of a few numbers. */
function makeAttributes(o: ResolvedOptions, of: number): Attribute[] {
  const flags = [o.dynamicAlpha, o.dynamicBeta, o.tanh, o.scale].map(Number);
  const integers = [o.dim, o.streams, o.fractions, ...flags, NORMS.indexOf(o.norm), of & 1, of >> 1];
  const value = [...integers, o.epsilon, o.prenormEpsilon].join(' ');
  return [{ name: 'options', type: nodeBackend().binding.TF_ATTR_STRING, value }];
}

/**
 * A kernel that runs one op of TensorFlow's.
 *
 * @param inputs the op's inputs in order; the place of one that is not given is taken by `staticBeta`,
 *   which the op does not look at
 * @param outputs the op's outputs in order; those under the name of an input that was not given come out empty
 */
function runs(op: string, inputs: readonly string[], outputs: readonly string[]): Kernel {
  return (given, o) => {
    const tensors = inputs.map(name => given[name] ?? given.staticBeta!);
    const results = execute(op, attributesOf(o, given), tensors, outputs.length);
    const named: Named = {};
    for (let i = 0; i < outputs.length; i++) {
      const name = outputs[i]!;
      if (isAbsentWeight(name, given)) results[i]!.dispose();
      else named[name] = results[i]!;
    }
    return named;
  };
}

const optional = new Set<string>(WEIGHT_NAMES);
const isAbsentWeight = (name: string, given: Named) => optional.has(name) && given[name] === undefined;

function execute(op: string, attributes: Attribute[], inputs: tf.Tensor[], outputs: number): tf.Tensor[] {
  try {
    return nodeBackend().executeMultipleOutputs(op, attributes, inputs, outputs);
  } catch (error) {
    throw readable(op, error);
  }
}

/** tfjs-node's `Invalid TF_Status: 3\nMessage: FracWidth: h must be ...`, as one of this package's errors. */
function readable(op: string, error: unknown): unknown {
  const message = /^Invalid TF_Status: \d+\s+Message: ([\s\S]*)$/.exec((error as Error)?.message ?? '')?.[1];
  if (message === undefined) return error;
  const text = message.startsWith(op) ? message : `${op}: ${message}`;
  return new FracConnectionsError('ERR_TENSORFLOW', text, { cause: error });
}

const width = ['h', ...WEIGHT_NAMES];
const depth = ['h', 'y', 'alpha', 'beta'];
const depthWidth = [...depth, ...WEIGHT_NAMES];

/** The kernels of every op, by stem. */
export const kernels: Record<Stem, OpKernels> = {
  frac_width: {
    forward: runs('FracWidth', width, ['x', 'alpha', 'beta']),
    gradient: runs('FracWidthGrad', [...width, 'dX', 'dAlpha', 'dBeta', 'dState'], width),
  },
  frac_depth: {
    forward: runs('FracDepth', depth, ['out']),
    gradient: runs('FracDepthGrad', [...depth, 'dOut'], depth),
  },
  frac_depth_width: {
    forward: runs('FracDepthWidth', depthWidth, ['out', 'x', 'alpha', 'beta']),
    gradient: runs('FracDepthWidthGrad', [...depthWidth, 'dOut', 'dX', 'dAlpha', 'dBeta'], depthWidth),
  },
};
