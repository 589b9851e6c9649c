import type * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from '../../common/errors.js';
import type { Kernel, Named, OpKernels } from '../../contract/kernel.js';
import type { Stem } from '../../contract/ops.js';
import type { ResolvedOptions } from '../../contract/options.js';
import { WEIGHT_NAMES } from '../../contract/weights.js';
import { type Attribute, nodeBackend } from './backend.js';

// Path `tensorflow`: the addon registers the ops with TensorFlow, and tfjs-node calls them by name like TensorFlow's
// own ops. Tensors stay in TensorFlow's memory. native/tensorflow/register.cc and options.h define the inputs, outputs
// and attributes.

/** The attributes of each options object, indexed by {@link variant}. */
const attributes = new WeakMap<ResolvedOptions, Attribute[][]>();

const NORMS = ['none', 'rms', 'layer'];

/** Which optional inputs a call has: bit 0 is a pre-norm, bit 1 is a gradient of the state's alias. */
const variant = (given: Named) => (given.prenormGamma ? 1 : 0) + (given.dState ? 2 : 0);

function attributesOf(o: ResolvedOptions, given: Named): Attribute[] {
  let all = attributes.get(o);
  if (all === undefined) {
    all = [0, 1, 2, 3].map(each => makeAttributes(o, each));
    attributes.set(o, all);
  }
  return all[variant(given)]!;
}

/**
 * Packs all options into one attribute, because each attribute and each short list costs about a microsecond per call.
 */
function makeAttributes(o: ResolvedOptions, of: number): Attribute[] {
  const flags = [o.dynamicAlpha, o.dynamicBeta, o.tanh, o.scale].map(Number);
  const integers = [o.dim, o.n, o.m, ...flags, NORMS.indexOf(o.norm), of & 1, of >> 1];
  const value = [...integers, o.epsilon, o.prenormEpsilon].join(' ');
  return [{ name: 'options', type: nodeBackend().binding.TF_ATTR_STRING, value }];
}

/** Fills the place of an absent input, where the op does not read it: a small tensor of the connection. */
const filler = (given: Named): tf.Tensor => given.staticBeta ?? given.alpha!;

/**
 * A kernel that runs one TensorFlow op.
 *
 * @param inputs names of the op's inputs, in order. Another tensor fills the place of an absent input.
 * @param outputs names of the op's outputs, in order. An output with the name of an absent input is empty.
 */
function runs(op: string, inputs: readonly string[], outputs: readonly string[]): Kernel {
  return (given, o) => {
    const tensors = inputs.map(name => given[name] ?? filler(given));
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

/**
 * Converts an error of tfjs-node, `Invalid TF_Status: 3\nMessage: FracWidth: h must be ...`, to a FracConnectionsError.
 */
function readable(op: string, error: unknown): unknown {
  const message = /^Invalid TF_Status: \d+\s+Message: ([\s\S]*)$/.exec((error as Error)?.message ?? '')?.[1];
  if (message === undefined) return error;
  const text = message.startsWith(op) ? message : `${op}: ${message}`;
  return new FracConnectionsError('ERR_TENSORFLOW', text, { cause: error });
}

const width = ['h', ...WEIGHT_NAMES];
const depth = ['h', 'y', 'alpha', 'beta'];
const depthWidth = [...depth, ...WEIGHT_NAMES];
const read = ['h', 'alpha', 'prenormGamma'];
const depthRead = [...depth, 'nextAlpha', 'prenormGamma'];

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
  frac_read: {
    forward: runs('FracRead', read, ['x']),
    gradient: runs('FracReadGrad', [...read, 'dX', 'dState'], read),
  },
  frac_depth_read: {
    forward: runs('FracDepthRead', depthRead, ['out', 'x']),
    gradient: runs('FracDepthReadGrad', [...depthRead, 'dOut', 'dX'], depthRead),
  },
};
