import type { OpKernels } from '../../contract/kernel.js';
import type { Stem } from '../../contract/ops.js';
import { fracDepth } from './frac_depth.js';
import { fracDepthRead } from './frac_depth_read.js';
import { fracDepthWidth } from './frac_depth_width.js';
import { fracRead } from './frac_read.js';
import { fracWidth } from './frac_width.js';

/**
 * The fallback of every op, by stem: compositions of tfjs ops. They run on any backend, and tests check other paths
 * against them.
 */
export const kernels: Record<Stem, OpKernels> = {
  frac_width: fracWidth,
  frac_depth: fracDepth,
  frac_depth_width: fracDepthWidth,
  frac_read: fracRead,
  frac_depth_read: fracDepthRead,
};
