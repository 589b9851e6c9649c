import type { CudaInfo } from '../cuda/info.js';
import { type Diagnosis, diagnose } from './diagnosis.js';
import type { Output } from './output.js';
import { describeVerdict } from './verdict.js';

/** The command `doctor`. */
export async function doctor(json: boolean, output: Output): Promise<void> {
  const found = await diagnose();
  output.print(json ? JSON.stringify(found, null, 2) : describe(found));
}

/** The text that it prints without --json. */
export function describe(d: Diagnosis): string {
  const lines: string[] = [];
  const add = (name: string, text: string) => lines.push(`${name.padEnd(27)}${text}`.trimEnd());
  lines.push(describeVerdict(d.verdict), '');
  add('frac-connections', `${d.version}${d.folder === null ? '' : `, ${d.folder}`}`);
  add('Node', `${d.node}, ${d.platform}, ${d.system}`);
  add('', `${d.processor}, ${d.cores} cores, ${d.memoryGb} GB`);
  for (const [i, [name, value]] of Object.entries(d.environment).entries())
    add(i === 0 ? 'environment' : '', `${name}=${value}`);
  for (const [name, version] of Object.entries(d.packages)) add(name, version ?? 'not installed');
  if (d.tensorflow.found) {
    const { version, package: name, source, binding, mended, gpu, usesGpu } = d.tensorflow;
    const from = source === 'own' ? 'its own' : 'prepared by set-up';
    add('TensorFlow', `${version}, through ${name}, ${from}, on the ${usesGpu ? 'GPU' : 'CPU'}`);
    add('', binding);
    if (mended.length > 0) add('', `functions restored for it: ${mended.map(fn => `util.${fn}`).join(', ')}`);
    add('', `our ops on its GPU: ${gpu}`);
  } else {
    add('TensorFlow', 'not found:');
    for (const reason of d.tensorflow.reasons) add('', `- ${reason}`);
    for (const command of d.tensorflow.type) add('', `to use it, run ${command}`);
  }
  if (d.native.available) {
    const { binary, chosen, build, simd, threads } = d.native;
    const others = simd.available.filter(name => name !== simd.target).join(', ');
    add('native addon', binary);
    add('', chosen);
    add(
      '',
      `built with ${build.compiler}, ${build.type}${build.sanitize && `, ${build.sanitize}`}; CUDA: ${build.cuda}`,
    );
    add('', `instruction set ${simd.target}${others && ` (also runs ${others})`}; ${threads} threads`);
  } else {
    add('native addon', 'not found:');
    for (const reason of d.native.reasons) add('', `- ${reason}`);
    add('', 'to build it, run npx frac-connections build   (compiles it: needs a C++ compiler and CMake)');
  }
  describeCuda(d.cuda, add);
  const said = new Set(d.cuda.devices.map(device => device.remark)); // of the device that a backend runs on, too
  for (const info of d.backends) {
    add(`backend ${info.backend}`, `ops take the path '${info.path}'`);
    for (const remark of info.remarks) if (!said.has(remark)) add('', remark);
    for (const other of info.notTaken) add('', `not '${other.path}': ${other.reason}`);
  }
  if (d.backends.length === 0) add('backends', 'none: run npm install @tensorflow/tfjs');
  return lines.join('\n');
}

/** Adds the lines about CUDA and its devices. */
export function describeCuda(cuda: CudaInfo, add: (name: string, text: string) => void): void {
  add(
    'CUDA',
    cuda.available ? `driver for ${cuda.driver}, runtime ${cuda.runtime}` : `not here: ${cuda.reason}`,
  );
  for (const device of cuda.devices) {
    const { index, name, computeCapability, memory, multiprocessors, unsupported, remark } = device;
    const size = `${(memory / 1e9).toFixed(1)} GB, ${multiprocessors} multiprocessors`;
    const does = unsupported === undefined ? '' : `; cannot be used: ${unsupported}`;
    add('', `device ${index}: ${name}, compute capability ${computeCapability}, ${size}${does}`);
    if (remark !== undefined) add('', remark);
  }
}
