import { FracConnectionsError } from '../common/errors.js';
import { path } from '../paths/runtime.js';
import { tryTensorflow } from '../tensorflow/load.js';

/** The tfjs backend that a command runs on. */
export interface OpenBackend {
  name: 'tensorflow' | 'cpu';
  /** For reports: `TensorFlow 2.21.0 (tfjs-node-gpu 4.22.0)` or `pure JavaScript (tfjs 4.22.0)`. */
  label: string;
  /** Why this one, in a line. */
  why: string;
}

/** A line about the backend that runs and the path that our ops take on it. */
export function sayBackend({ label, why }: OpenBackend): string {
  return `Backend: ${label}, ${why}. Our ops take the path '${path()}'.`;
}

/**
 * Starts a tfjs backend: with `auto` TensorFlow where it loads, else the pure JavaScript one.
 *
 * @throws FracConnectionsError `ERR_TENSORFLOW` when TensorFlow was asked for and is not there, `ERR_SETUP` when the
 * JavaScript backend is not installed
 */
export async function openBackend(choice: 'auto' | 'tensorflow' | 'cpu'): Promise<OpenBackend> {
  if (choice === 'cpu') return openCpu('asked for');
  const found = tryTensorflow();
  if ('tf' in found) {
    await found.tf.setBackend('tensorflow');
    const { tensorflowVersion, package: name, packageVersion } = found.info;
    const label = `TensorFlow ${tensorflowVersion} (${name.replace('@tensorflow/', '')} ${packageVersion})`;
    return {
      name: 'tensorflow',
      label,
      why: choice === 'auto' ? 'found, and faster than pure JavaScript' : 'asked for',
    };
  }
  const off = process.env.FRAC_CONNECTIONS_TENSORFLOW === 'off';
  const cure = off ? '' : 'npx frac-connections setup prepares one; ';
  const reasons = `${found.reasons.join('; ')}; ${cure}see frac-connections doctor`;
  if (choice === 'auto') return openCpu(`no TensorFlow: ${reasons}`);
  throw new FracConnectionsError(
    'ERR_TENSORFLOW',
    `--backend tensorflow: no TensorFlow could be loaded: ${reasons}`,
  );
}

async function openCpu(why: string): Promise<OpenBackend> {
  const tfjs = await importTfjs();
  // Otherwise its first op greets with an advertisement for tfjs-node; what runs is said in our own line.
  tfjs.enableProdMode();
  await tfjs.setBackend('cpu');
  return { name: 'cpu', label: `pure JavaScript (tfjs ${tfjs.version_core})`, why };
}

async function importTfjs(): Promise<typeof import('@tensorflow/tfjs')> {
  try {
    return await import('@tensorflow/tfjs');
  } catch (cause) {
    const message = 'the JavaScript backend is not installed: run npm install @tensorflow/tfjs';
    throw new FracConnectionsError('ERR_SETUP', message, { cause });
  }
}
