import { createRequire } from 'node:module';
import { join } from 'node:path';
import root from '../root.cjs';
import type { CudaExports } from './cuda.js';
import { unloadable } from './elf.js';
import { checkEnvironment } from './environment.js';
import type { TensorflowExports } from './tensorflow.js';

/** A weight's values; undefined where a connection has no such weight. */
type Weight = Float32Array | undefined;

/** Nine, in the order of `WEIGHT_NAMES`. */
export type Weights = [Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight];

/** The sizes and options of a call; norm and flags by the numbers that kernels.ts gives them. */
export type Config = [
  tokens: number,
  n: number,
  m: number,
  c: number,
  norm: number,
  flags: number,
  epsilon: number,
  prenormEpsilon: number,
];

type F = Float32Array;
type Coefficients = [alpha: F, beta: F];

/** The native addon: what native/node/addon.cc exports. Outputs come before inputs; every array is checked. */
export interface Addon {
  fracWidth(...args: [...Config, x: F, ...out: Coefficients, h: F, ...w: Weights]): void;
  fracWidthGrad(
    ...args: [
      ...Config,
      ...[dH: F, ...dw: Weights, h: F, ...w: Weights],
      ...[dX: F, ...d: Coefficients, dState: F | undefined],
    ]
  ): void;
  fracDepth(...args: [...Config, out: F, h: F, y: F, ...given: Coefficients]): void;
  fracDepthGrad(
    ...args: [...Config, dH: F, dY: F, ...d: Coefficients, h: F, y: F, ...given: Coefficients, dOut: F]
  ): void;
  fracDepthWidth(
    ...args: [
      ...Config,
      out: F,
      x: F,
      ...next: Coefficients,
      h: F,
      y: F,
      ...given: Coefficients,
      ...w: Weights,
    ]
  ): void;
  fracDepthWidthGrad(
    ...args: [
      ...Config,
      ...[dH: F, dY: F, ...d: Coefficients, ...dw: Weights],
      ...[h: F, y: F, ...given: Coefficients, ...w: Weights],
      ...[dOut: F, dX: F, ...dNext: Coefficients],
    ]
  ): void;
  info(): AddonInfo;
  /** 1 to 1024. */
  setThreads(threads: number): void;
  /** One of `info().targets`, or 'auto'. */
  setTarget(name: string): void;
  tensorflow?: TensorflowExports;
  /** Absent where the addon was built without CUDA. */
  cuda?: CudaExports;
}

/** What the addon tells of itself. */
export interface AddonInfo {
  /** The instruction set whose kernels are in use. */
  target: string;
  /** Those that this machine runs, best first. */
  targets: string[];
  /** Threads that work on one call, the caller's among them. */
  threads: number;
  build: { compiler: string; type: string; sanitize: string; cuda: string };
}

/** The addon and its file, or every reason why it is not there. */
export type AddonResult = { addon: Addon; file: string } | { reasons: string[] };

const FUNCTIONS = [
  ...['fracWidth', 'fracWidthGrad', 'fracDepth', 'fracDepthGrad', 'fracDepthWidth', 'fracDepthWidthGrad'],
  ...['info', 'setThreads', 'setTarget'],
] as const satisfies (keyof Addon)[];

const oneLine = (error: unknown) =>
  String((error as Error)?.message ?? error)
    .trim()
    .replace(/\s*\n\s*/g, ', ');

function search(): AddonResult {
  if (process.env.FRAC_CONNECTIONS_NATIVE === 'off') return { reasons: ['FRAC_CONNECTIONS_NATIVE is off'] };
  let file: string | undefined;
  try {
    const require = createRequire(join(root, 'package.json'));
    // Looks in build/Release, where a checkout builds it, then in prebuilds/.
    const nodeGypBuild = require('node-gyp-build') as { resolve(folder: string): string };
    file = nodeGypBuild.resolve(root);
    const reason = unloadable(file);
    if (reason !== undefined) return { reasons: [reason] };
    const addon = require(file) as Addon;
    const missing = FUNCTIONS.filter(name => typeof addon[name] !== 'function');
    if (missing.length === 0) return { addon, file };
    return { reasons: [`${file} is not this version's addon: it has no ${missing.join(', ')}`] };
  } catch (error) {
    const message = oneLine(error);
    return { reasons: [file === undefined || message.includes(file) ? message : `${file}: ${message}`] };
  }
}

let result: AddonResult | undefined;

/**
 * The native addon if it can be had. The one place that loads it. The first answer stands for the life of the process.
 * `FRAC_CONNECTIONS_NATIVE=off` makes it absent.
 *
 * @throws FracConnectionsError ERR_OPTION, each time, when a variable that the addon reads says what it does not know; an
 *   absent addon is no error
 */
export function tryAddon(): AddonResult {
  if (result === undefined) {
    const found = search();
    if ('addon' in found) checkEnvironment(found.addon.info().targets);
    result = found;
  }
  return result;
}
