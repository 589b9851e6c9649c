import type { Path } from '../../lib/paths/paths.js';
import { setPath } from '../../lib/paths/runtime.js';
import { addon } from '../native/addon.js';

/** Kernels that ops can run on, on the backend of the project. */
export interface Kernels {
  name: string;
  path: Path;
  /** The instruction set of native kernels. */
  target?: string;
}

const native = (addon?.info().targets ?? []).map(
  target => ({ name: `native, ${target}`, path: 'native', target }) as const,
);

/** On tfjs' own backend the fallback and the native kernels of each instruction set; inside TensorFlow what ops run on there. */
export const KERNELS: readonly Kernels[] =
  process.env.TEST_BACKEND === 'tensorflow'
    ? [addon ? { name: 'TensorFlow', path: 'tensorflow' } : { name: 'fallback', path: 'fallback' }]
    : [{ name: 'fallback', path: 'fallback' }, ...native];

/** Makes ops run on these kernels. */
export function useKernels({ path, target }: Kernels): void {
  setPath(path);
  if (target) addon!.setTarget(target);
}

/** Gives the choice back. */
export function useAnyKernels(): void {
  setPath('auto');
  addon?.setTarget('auto');
}
