import type { Facts } from './facts.js';

/** What `doctor` says first. */
export interface Verdict {
  /** The fastest backend that starts here; null if none does. */
  backend: string | null;
  /** The path that ops take on it. */
  path: string | null;
  /** What runs the ops there: kernels or tfjs ops. */
  runs: string;
  /** The one thing that would make ops faster, with the command to type; null if there is none. */
  faster: string | null;
}

/** The verdict on a machine, from what `doctor` found. */
export function verdict(d: Facts): Verdict {
  const best = d.backends[0];
  const faster = improvement(d) ?? null;
  if (best === undefined)
    return { backend: null, path: null, runs: 'no backend of tfjs starts here', faster };
  const { backend, path } = best;
  return { backend, path, runs: runs(d, path), faster };
}

function runs(d: Facts, path: string): string {
  const gpu = d.tensorflow.found && d.tensorflow.usesGpu;
  if (path === 'fallback')
    return gpu ? "compositions of TensorFlow's ops, on the GPU" : 'compositions of tfjs ops';
  if (gpu) return 'CUDA kernels';
  return d.native.available ? `kernels for ${d.native.simd.target}` : 'kernels';
}

/** What would help most. */
function improvement(d: Facts): string | undefined {
  if (d.backends.length === 0) return 'npm install @tensorflow/tfjs';
  const { requested, path } = d.backends[0]!;
  if (requested === path && path === 'fallback') return 'the native kernels: unset FRAC_CONNECTIONS_PATH';
  if (!d.native.available)
    return d.environment.FRAC_CONNECTIONS_NATIVE === 'off'
      ? 'the native kernels: unset FRAC_CONNECTIONS_NATIVE'
      : 'the native kernels: npx frac-connections build';
  if (!d.tensorflow.found) return `TensorFlow: ${d.tensorflow.type[0]}`;
  if (!d.tensorflow.usesGpu && d.cuda.available && d.cuda.devices.length > 0)
    return 'TensorFlow on the GPU: npx frac-connections setup --gpu';
  if (d.tensorflow.usesGpu && path === 'fallback')
    return 'the CUDA kernels: npx frac-connections build --cuda on';
  return undefined;
}

/** The verdict as one line. */
export function describeVerdict({ backend, path, runs, faster }: Verdict): string {
  if (backend === null) return `${runs}: run ${faster}`;
  const now = `ops run on the path '${path}' of the backend '${backend}': ${runs}`;
  return faster === null
    ? `${now}; nothing faster is known for this machine`
    : `${now}; faster with ${faster}`;
}
