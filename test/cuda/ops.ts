import type * as tf from '@tensorflow/tfjs-core';
import type { Stem } from '../../lib/contract/ops.js';
import type { OpOptions } from '../../lib/contract/options.js';
import { WEIGHT_NAMES } from '../../lib/contract/weights.js';
import type { CudaDevice } from '../../lib/cuda/device.js';
import { fracDepth, fracDepthGrad } from '../../lib/cuda/frac_depth.js';
import { fracDepthRead, fracDepthReadGrad } from '../../lib/cuda/frac_depth_read.js';
import { fracDepthWidth, fracDepthWidthGrad } from '../../lib/cuda/frac_depth_width.js';
import { fracRead, fracReadGrad } from '../../lib/cuda/frac_read.js';
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
  const { n, m: _m, c: _c, streams, ...options } = o;
  const sizes = streams * o.m === n ? { streams } : { segments: n };
  return CALLS[stem](given as Required<Tensors>, { ...options, ...sizes }, runs);
}

const weightsOf = (given: Tensors) =>
  Object.fromEntries(WEIGHT_NAMES.map(name => [name, given[name]])) as unknown as CudaWeights;
const gainOf = ({ prenormGamma }: Tensors) => (prenormGamma ? { prenormGamma } : {});
const named = (tensors: object) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`d.${name}`, tensor as CudaTensor]));

type Call = (g: Tensors, o: OpOptions, runs: OpRun<object>[]) => Tensors;

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
  frac_read(g, o, [forward, backward]) {
    const gain = gainOf(g);
    const upstream = { dX: g.dX!, dState: g.dState };
    const { dH, dAlpha, dPrenormGamma } = fracReadGrad(g.h!, g.alpha!, upstream, o, gain, backward);
    const gradients = { h: dH, alpha: dAlpha, ...(dPrenormGamma && { prenormGamma: dPrenormGamma }) };
    return { x: fracRead(g.h!, g.alpha!, o, gain, forward), ...named(gradients) };
  },
  frac_depth_read(g, o, [forward, backward]) {
    const gain = gainOf(g);
    const inputs = [g.h!, g.y!, g.alpha!, g.beta!, g.nextAlpha!] as const;
    const upstream = { dOut: g.dOut!, dX: g.dX! };
    const { dH, dY, dAlpha, dBeta, dNextAlpha, dPrenormGamma } = fracDepthReadGrad(
      ...inputs,
      upstream,
      o,
      gain,
      backward,
    );
    const { h: out, x } = fracDepthRead(...inputs, o, gain, forward);
    const depth = { h: dH, y: dY, alpha: dAlpha, beta: dBeta, nextAlpha: dNextAlpha };
    return { out, x, ...named({ ...depth, ...(dPrenormGamma && { prenormGamma: dPrenormGamma }) }) };
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
  const depth = stem.startsWith('frac_depth');
  const weighted = stem === 'frac_width' || stem === 'frac_depth_width';
  const taken = weighted
    ? ['h', ...(depth ? ['y', 'alpha', 'beta'] : [])]
    : gradients.map(([name]) => name.slice('d.'.length));
  const out: Record<string, unknown> = {};
  for (const name of taken) out[`d${name[0]!.toUpperCase()}${name.slice(1)}`] = results[`d.${name}`];
  const weights = gradients.map(([name, each]) => [name.slice(2), each] as const);
  const own = Object.fromEntries(weights.filter(([name]) => !taken.includes(name)));
  if (weighted) out[depth ? 'dNextWeights' : 'dWeights'] = own;
  const forward = { ...pick('x', 'alpha', 'beta'), ...(results.out && { h: results.out }) };
  return [{ out: forward }, { out }];
}
