// Tests whether TensorFlow loads through the entry of this package. It does so in a child process, because a bad
// library can end its process.
import { join } from 'node:path';
import { run } from '../common/child.mjs';
import { ROOT } from '../common/paths.mjs';

const PROGRAM = `
  const { tryTensorflow } = await import(process.argv[1]);
  const found = tryTensorflow();
  if ('tf' in found) {
    const { tf } = found;
    const sum = tf.tidy(() => tf.sum(tf.mul(tf.tensor1d([1, 2, 3]), 2)).dataSync()[0]);
    if (sum !== 12) throw new Error('tf.mul gives wrong numbers: ' + sum);
  }
  const gpu = 'tf' in found && found.tf.backend().isUsingGpuDevice === true;
  process.stdout.write('\\n' + JSON.stringify({ info: found.info, reasons: found.reasons, gpu }));
`;

/** `{ info, gpu }`: the TensorFlow that loads (see TensorflowInfo) and whether it uses a GPU. Or `{ reasons }` if none loads. */
export async function probe() {
  const entry = new URL(`file://${join(ROOT, 'dist', 'esm', 'tensorflow', 'load.js')}`).href;
  const result = await run(process.execPath, ['--input-type=module', '-e', PROGRAM, entry], {
    timeout: 120_000,
  });
  if (result.code === 0) return JSON.parse(result.stdout.trim().split('\n').at(-1));
  const how = result.signal ? `died of ${result.signal}` : `ended with ${result.code}`;
  const error = result.stderr.split('\n').find(line => /Error/.test(line));
  return { reasons: [`a process that loads it ${how}${error ? `: ${error.trim()}` : ''}`] };
}
