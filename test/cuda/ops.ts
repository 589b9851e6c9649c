import type * as tf from '@tensorflow/tfjs-core';
import type { Stem } from '../../lib/contract/ops.js';
import type { ConnectionOptions } from '../../lib/contract/options.js';
import { WEIGHT_NAMES } from '../../lib/contract/weights.js';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { fracDepth, fracDepthGrad } from '../../lib/cuda/frac_depth.js';
import { fracDepthWidth, fracDepthWidthGrad } from '../../lib/cuda/frac_depth_width.js';
import { fracWidth, fracWidthGrad } from '../../lib/cuda/frac_width.js';
import type { CudaWeights, OpRun } from '../../lib/cuda/op.js';
import type { CudaDtype, CudaTensor } from '../../lib/cuda/tensor.js';
import type { Arrays, Run } from '../native/kernels.js';

/** Those that are kept in the hidden state's type; everything else is float32. */
const ROWS = ['h', 'y', 'dX', 'dOut', 'dState'];

export type Tensors = Record<string, CudaTensor>;

/** A run's inputs and upstream gradients on a device. */
export async function upload(device: CudaDevice, run: Run, dtype: CudaDtype): Promise<Tensors> {
  const all = Object.entries({ ...run.inputs, ...run.upstream });
  const made = all.map(async ([name, tensor]: [string, tf.Tensor]) => {
    const type = ROWS.includes(name) ? dtype : 'float32';
    return [name, await device.tensor(tensor.dataSync() as Float32Array, tensor.shape, type)] as const;
  });
  return Object.fromEntries(await Promise.all(made));
}

/** Results by the names of test/native/kernels.ts: outputs, and gradients under `d.` and the input's name. */
export function call(given: Tensors, { stem, o }: Run, runs: OpRun<object>[] = []): Tensors {
  const { n: _n, m: _m, c: _c, ...options } = o;
  return CALLS[stem](given as Required<Tensors>, options, runs);
}

const weightsOf = (given: Tensors) =>
  Object.fromEntries(WEIGHT_NAMES.map(name => [name, given[name]])) as unknown as CudaWeights;
const named = (tensors: object) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`d.${name}`, tensor as CudaTensor]));

type Call = (g: Tensors, o: ConnectionOptions, runs: OpRun<object>[]) => Tensors;

const CALLS: Record<Run['stem'], Call> = {
  frac_width(g, o, [forward, backward]) {
    const weights = weightsOf(g);
    const upstream = { dX: g.dX!, dAlpha: g.dAlpha!, dBeta: g.dBeta!, dState: g.dState };
    const { dH, dWeights } = fracWidthGrad(g.h!, weights, upstream, o, backward);
    return { ...fracWidth(g.h!, weights, o, forward), ...named({ h: dH, ...dWeights }) };
  },
  frac_depth(g, o, [forward, backward]) {
    const inputs = [g.h!, g.y!, g.alpha!, g.beta!] as const;
    const { dH, dY, dAlpha, dBeta } = fracDepthGrad(...inputs, g.dOut!, o, backward);
    const out = fracDepth(...inputs, o, forward);
    return { out, ...named({ h: dH, y: dY, alpha: dAlpha, beta: dBeta }) };
  },
  frac_depth_width(g, o, [forward, backward]) {
    const inputs = [g.h!, g.y!, g.alpha!, g.beta!, weightsOf(g)] as const;
    const upstream = { dOut: g.dOut!, dX: g.dX!, dNextAlpha: g.dAlpha!, dNextBeta: g.dBeta! };
    const { dH, dY, dAlpha, dBeta, dNextWeights } = fracDepthWidthGrad(...inputs, upstream, o, backward);
    const { h: out, ...width } = fracDepthWidth(...inputs, o, forward);
    return { out, ...width, ...named({ h: dH, y: dY, alpha: dAlpha, beta: dBeta, ...dNextWeights }) };
  },
};

/** Downloads the values of all tensors. */
export async function download(tensors: Tensors): Promise<Arrays> {
  const all = Object.entries(tensors).filter(([, tensor]) => tensor !== undefined);
  return Object.fromEntries(
    await Promise.all(all.map(async ([name, tensor]) => [name, await tensor.download()] as const)),
  );
}

/** Results as the options of the two calls that make them. */
export function outputsOf(stem: Stem, results: Tensors): { out: object }[] {
  const pick = (...names: string[]) =>
    Object.fromEntries(names.filter(name => results[name]).map(name => [name, results[name]]));
  const gradients = Object.entries(results).filter(([name]) => name.startsWith('d.'));
  const depth = stem !== 'frac_width';
  const taken = depth ? ['h', 'y', 'alpha', 'beta'] : ['h'];
  const out: Record<string, unknown> = {};
  for (const name of taken) out[`d${name[0]!.toUpperCase()}${name.slice(1)}`] = results[`d.${name}`];
  const weights = gradients.map(([name, each]) => [name.slice(2), each] as const);
  const own = Object.fromEntries(weights.filter(([name]) => !taken.includes(name)));
  if (stem !== 'frac_depth') out[depth ? 'dNextWeights' : 'dWeights'] = own;
  const forward = { ...pick('x', 'alpha', 'beta'), ...(results.out && { h: results.out }) };
  return [{ out: forward }, { out }];
}
