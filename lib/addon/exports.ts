import type { Config } from './config.js';
import type { CudaExports } from './cuda.js';
import type { TensorflowExports } from './tensorflow.js';

/** A weight's values; undefined where a connection has no such weight. */
type Weight = Float32Array | undefined;

/** Nine, in the order of `WEIGHT_NAMES`. */
export type Weights = [Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight];

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
