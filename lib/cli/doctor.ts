import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { type NativeInfo, nativeInfo } from '../addon/info.js';
import { tryAddon } from '../addon/load.js';
import { packageRoot } from '../common/root.js';
import { type CudaInfo, cudaInfo, fullInfo } from '../cuda/info.js';
import { type RuntimeInfo, runtimeInfo } from '../paths/runtime.js';
import { describeStream, gpuUnavailable } from '../paths/tensorflow/availability.js';
import { tryTensorflow } from '../tensorflow/load.js';
import { openBackend } from './backend.js';
import type { Output } from './output.js';
import { packageVersion } from './version.js';

/** What `doctor` found. */
export interface Diagnosis {
  version: string;
  node: string;
  platform: string;
  cores: number;
  memoryGb: number;
  /** Versions of the installed tfjs packages; null for a package that is not installed. */
  packages: Record<string, string | null>;
  tensorflow:
    | {
        found: true;
        version: string;
        package: string;
        source: string;
        binding: string;
        mended: string[];
        /** Whether and how our ops run on its GPU, or the reason why they do not. */
        gpu: string;
      }
    | { found: false; reasons: string[]; type: string[] };
  /** The addon with the native kernels. */
  native: NativeInfo;
  cuda: CudaInfo;
  /** The path of the ops on each backend that starts here. */
  backends: RuntimeInfo[];
}

const PACKAGES = ['tfjs-core', 'tfjs', 'tfjs-layers', 'tfjs-node', 'tfjs-node-gpu'].map(
  name => `@tensorflow/${name}`,
);

const WHAT_TO_TYPE = [
  'npm install @tensorflow/tfjs-node   (its installer fetches TensorFlow)',
  'npm run setup                       (in a checkout of frac-connections: prepares one for this user)',
];

/** Inspects the machine and the packages. Changes nothing. */
export async function diagnose(): Promise<Diagnosis> {
  const found = tryTensorflow();
  const backends: RuntimeInfo[] = [];
  if ('tf' in found) {
    await openBackend('tensorflow');
    backends.push(runtimeInfo());
  }
  const packages = Object.fromEntries(PACKAGES.map(name => [name, versionOf(name)]));
  if (packages['@tensorflow/tfjs']) {
    await openBackend('cpu');
    backends.push(runtimeInfo());
  }
  return {
    version: packageVersion(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 1e8) / 10,
    packages,
    tensorflow:
      'tf' in found
        ? { found: true, version: found.info.tensorflowVersion, ...pick(found.info), gpu: gpuSupport() }
        : { found: false, reasons: found.reasons, type: WHAT_TO_TYPE },
    native: nativeInfo(),
    cuda: fullCudaInfo(),
    backends,
  };
}

function pick(info: { package: string; source: string; binding: string; mended: string[] }) {
  return { package: info.package, source: info.source, binding: info.binding, mended: info.mended };
}

/** Includes each device's kernels. That creates a CUDA context, which is no loss in a process that ends at once. */
function fullCudaInfo(): CudaInfo {
  const found = tryAddon();
  return 'addon' in found && found.addon.cuda !== undefined ? fullInfo(found.addon.cuda) : cudaInfo();
}

/** Whether and how our ops run on TensorFlow's GPU, or the reason why they do not. */
function gpuSupport(): string {
  const found = tryAddon();
  if ('reasons' in found) return 'no: there is no native addon';
  const { tensorflow, cuda } = found.addon;
  const reason = tensorflow === undefined ? 'the addon was built without TensorFlow' : gpuUnavailable(cuda);
  return reason === undefined ? describeStream(tensorflow?.stream()) : `no: ${reason}`;
}

function versionOf(name: string): string | null {
  for (const from of [packageRoot(), process.cwd()]) {
    try {
      const require = createRequire(path.join(from, 'package.json'));
      return (require(`${name}/package.json`) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return null;
}

/** The command `doctor`. */
export async function doctor(json: boolean, output: Output): Promise<void> {
  const found = await diagnose();
  output.print(json ? JSON.stringify(found, null, 2) : describe(found));
}

/** The text that it prints without --json. */
export function describe(d: Diagnosis): string {
  const lines: string[] = [];
  const add = (name: string, text: string) => lines.push(`${name.padEnd(27)}${text}`.trimEnd());
  add('frac-connections', d.version);
  add('Node', `${d.node}, ${d.platform}, ${d.cores} cores, ${d.memoryGb} GB`);
  for (const [name, version] of Object.entries(d.packages)) add(name, version ?? 'not installed');
  if (d.tensorflow.found) {
    const { version, package: name, source, binding, mended, gpu } = d.tensorflow;
    add('TensorFlow', `${version}, through ${name}, ${source === 'own' ? 'its own' : 'prepared by set-up'}`);
    add('', binding);
    if (mended.length > 0) add('', `functions restored for it: ${mended.map(fn => `util.${fn}`).join(', ')}`);
    add('', `our ops on its GPU: ${gpu}`);
  } else {
    add('TensorFlow', 'not found:');
    for (const reason of d.tensorflow.reasons) add('', `- ${reason}`);
    add('', 'to install it, run one of');
    for (const command of d.tensorflow.type) add('', `  ${command}`);
  }
  if (d.native.available) {
    const { binary, build, simd, threads } = d.native;
    const others = simd.available.filter(name => name !== simd.target).join(', ');
    add('native addon', binary);
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
