import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { nativeInfo } from '../addon/info.js';
import { tryAddon } from '../addon/load.js';
import { findRoot, workingFolder } from '../common/root.js';
import { type CudaInfo, cudaInfo, fullInfo } from '../cuda/info.js';
import { type RuntimeInfo, runtimeInfo } from '../paths/runtime.js';
import { describeStream, gpuUnavailable } from '../paths/tensorflow/availability.js';
import { type TensorflowResult, tryTensorflow } from '../tensorflow/load.js';
import { readPrepared } from '../tensorflow/prepared.js';
import { openBackend } from './backend.js';
import type { Facts } from './facts.js';
import { type Verdict, verdict } from './verdict.js';
import { packageVersion } from './version.js';

/** What `doctor` prints. */
export interface Diagnosis extends Facts {
  /** The path that ops take, and the one thing that would make them faster. */
  verdict: Verdict;
}

const PACKAGES = ['tfjs-core', 'tfjs', 'tfjs-layers', 'tfjs-node', 'tfjs-node-gpu'].map(
  name => `@tensorflow/${name}`,
);

/** Variables that decide what runs. */
const VARIABLES =
  /^(FRAC_CONNECTIONS_|TF_(?!CLI_)|CUDA_|NVIDIA_VISIBLE_|OMP_|XDG_CACHE_HOME$|NODE_OPTIONS$|LD_LIBRARY_PATH$|LD_PRELOAD$)/;

/** Inspects the machine and the packages. Changes nothing. */
export async function diagnose(): Promise<Diagnosis> {
  const variables = environment(); // before TensorFlow's defaults are set
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
  const facts: Facts = {
    version: packageVersion(),
    folder: findRoot() ?? null,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    system: system(),
    processor: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 1e8) / 10,
    environment: variables,
    packages,
    prepared: readPrepared(),
    tensorflow: describeTensorflow(found, packages),
    native: nativeInfo(),
    cuda: fullCudaInfo(),
    backends,
  };
  return { verdict: verdict(facts), ...facts };
}

function describeTensorflow(found: TensorflowResult, packages: Facts['packages']): Facts['tensorflow'] {
  if ('reasons' in found) return { found: false, reasons: found.reasons, type: whatToType(packages) };
  const { info, tf } = found;
  // Not tf.backend(): by now that is the last backend that was opened.
  const backend = tf.findBackend('tensorflow') as { isUsingGpuDevice?: boolean } | null;
  const usesGpu = backend?.isUsingGpuDevice === true;
  return { found: true, version: info.tensorflowVersion, ...pick(info), usesGpu, gpu: gpuSupport() };
}

/** The commands that install TensorFlow, the best one first. */
function whatToType(packages: Facts['packages']): string[] {
  if (process.env.FRAC_CONNECTIONS_TENSORFLOW === 'off') return ['unset FRAC_CONNECTIONS_TENSORFLOW'];
  const installed = packages['@tensorflow/tfjs-node'] ?? packages['@tensorflow/tfjs-node-gpu'];
  const prepares = process.platform === 'linux' && process.arch === 'x64';
  const install = installed ? [] : ['npm install --ignore-scripts @tensorflow/tfjs-node'];
  // Elsewhere only tfjs-node's own installer has a TensorFlow.
  const setUp = prepares ? 'npx frac-connections setup' : 'npm rebuild @tensorflow/tfjs-node';
  return [[...install, setUp].join(' && ')];
}

function system(): string {
  const { glibcVersionRuntime } =
    (process.report?.getReport() as { header?: Record<string, string> })?.header ?? {};
  const libc =
    process.platform !== 'linux' ? '' : glibcVersionRuntime ? `, glibc ${glibcVersionRuntime}` : ', musl';
  return `${os.type()} ${os.release()}${libc}`;
}

function environment(): Record<string, string> {
  const set = Object.entries(process.env).filter(
    ([name, value]) => VARIABLES.test(name) && value !== undefined,
  );
  // An address may hold a password.
  const shown = set.map(([name, value]) => [name, value!.replaceAll(/:\/\/[^/@\s]+@/g, '://***@')]);
  return Object.fromEntries(shown.sort()) as Record<string, string>;
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

/** The version of an installed package, or why it cannot be read. */
function versionOf(name: string): string | null {
  let problem: string | null = null;
  for (const from of [findRoot(), workingFolder()]) {
    if (from === undefined) continue;
    try {
      const require = createRequire(path.join(from, 'package.json'));
      return (require(`${name}/package.json`) as { version: string }).version;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'MODULE_NOT_FOUND') problem ??= `cannot be read: ${message.split('\n', 1)[0]}`;
    }
  }
  return problem;
}
