import { checkInteger, checkNames, optionError } from '../common/check.js';
import { MAX_SEGMENTS } from '../contract/options.js';
import { logitsOf } from './manifold_rule.js';

/** Options of countParameters and countFlops for Manifold-Constrained Hyper-Connections. */
export interface ManifoldCountOptions {
  rule: 'manifold';
  /** Values that the layer reads and writes per token. */
  dim: number;
  /** Number n of streams, 1 to 16. */
  rate: number;
  /** Whether streams mix. Default `'sinkhorn'`. */
  mixing?: 'sinkhorn' | 'identity';
  /** Whether the connection also applies the layer's pre-norm, an RMSNorm of width `dim`. Default false. */
  prenorm?: boolean;
  /** Number of such connections; a transformer has two per layer. Default 1. */
  sites?: number;
}

function resolve(fn: string, options: ManifoldCountOptions) {
  checkNames(fn, options, ['rule', 'dim', 'rate', 'mixing', 'prenorm', 'sites']);
  const { rule, dim, rate: n, mixing = 'sinkhorn', prenorm = false, sites = 1 } = options;
  if (rule !== 'manifold') throw optionError(fn, 'rule', "must be 'manifold' or absent", rule);
  checkInteger(fn, 'dim', dim, 1);
  checkInteger(fn, 'rate', n, 1, MAX_SEGMENTS);
  checkInteger(fn, 'sites', sites, 0);
  if (mixing !== 'sinkhorn' && mixing !== 'identity')
    throw optionError(fn, 'mixing', "must be 'sinkhorn' or 'identity'", mixing);
  if (typeof prenorm !== 'boolean') throw optionError(fn, 'prenorm', 'must be true or false', prenorm);
  const mixes = mixing === 'sinkhorn';
  return { dim, n, mixes, prenorm, sites, k: logitsOf({ n, writes: true, mixes }) };
}

/** base; fn and scale. */
export function manifoldParameters(fn: string, options: ManifoldCountOptions) {
  const { dim, n, mixes, prenorm, sites, k } = resolve(fn, options);
  return {
    static: sites * k,
    dynamic: sites * (k * n * dim + (mixes ? 3 : 2)),
    norm: 0,
    prenorm: prenorm ? sites * dim : 0,
  };
}

/** As for the other rules; the norm has no gain, and the Sinkhorn iterations do not grow with `dim`. */
export function manifoldFlops(fn: string, options: ManifoldCountOptions) {
  const { dim, n, mixes, prenorm, sites, k } = resolve(fn, options);
  const values = sites * n * dim;
  return {
    norm: values,
    projections: values * k,
    read: values,
    mix: mixes ? values * n : 0,
    write: values,
    prenorm: prenorm ? sites * 2 * dim : 0,
  };
}
