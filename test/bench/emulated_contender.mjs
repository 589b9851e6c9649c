// The contender `cuda` on an emulated device; BENCH_TEST_WRONG says what the device does wrong, if anything.
import { createRequire } from 'node:module';
import { cudaContender } from '../../bench/ops/cuda_contender.mjs';
import { CudaDevice } from '../../dist/esm/cuda/device.js';
import { infoOf } from '../../dist/esm/cuda/info.js';

const addon = createRequire(import.meta.url)('../../build/emulated/frac_connections.node');

const WRONG = {
  /** dState, the last argument, is not added: shows only where there is one. */
  state: ({ fracWidthGrad }) => ({
    fracWidthGrad: (...args) => fracWidthGrad(...args.slice(0, -1), undefined),
  }),
  /** Seven tokens, more than a reference case has, are left as they are; so are 300, more than the composition checks. */
  size: ({ fracDepth }) => ({
    fracDepth: (...args) => {
      const [, , tokens] = args;
      if (![7, 300].includes(tokens)) fracDepth(...args);
    },
  }),
};
const cuda = { ...addon.cuda, ...WRONG[process.env.BENCH_TEST_WRONG]?.(addon.cuda) };

export const { open, prepare, forward, backward, copy } = cudaContender({
  info: () => infoOf(cuda),
  open: () => CudaDevice.openWith(cuda),
});
