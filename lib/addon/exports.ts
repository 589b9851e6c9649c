import type { Config } from './config.js';
import type { CudaExports } from './cuda.js';
import type { TensorflowExports } from './tensorflow.js';

/** The values of a weight; undefined if the connection does not have it. */
type Weight = Float32Array | undefined;

/** The nine weights, in the order of `WEIGHT_NAMES`. */
export type Weights = [Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight];

type F = Float32Array;
type Coefficients = [alpha: F, beta: F];
/** What a layer reads with where alpha is given. */
type Reading = [alpha: F, prenormGamma: Weight];

/**
 * The exports of native/node/addon.cc. In every op the outputs come before the inputs. The addon checks every array.
 */
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
  fracRead(...args: [...Config, x: F, h: F, ...Reading]): void;
  fracReadGrad(
    ...args: [...Config, dH: F, ...d: Reading, h: F, ...given: Reading, dX: F, dState: F | undefined]
  ): void;
  fracDepthRead(
    ...args: [...Config, out: F, x: F, h: F, y: F, ...given: Coefficients, ...next: Reading]
  ): void;
  fracDepthReadGrad(
    ...args: [
      ...Config,
      ...[dH: F, dY: F, ...d: Coefficients, ...dNext: Reading],
      ...[h: F, y: F, ...given: Coefficients, ...next: Reading, dOut: F, dX: F],
    ]
  ): void;
  info(): AddonInfo;
  /** 1 to 1024. */
  setThreads(threads: number): void;
  /** One of `info().targets`, or 'auto'. */
  setTarget(name: string): void;
  tensorflow?: TensorflowExports;
  /** Absent if the addon was built without CUDA. */
  cuda?: CudaExports;
}

/** Build and state of the addon. */
export interface AddonInfo {
  /** The SIMD target in use. */
  target: string;
  /** The SIMD targets that this machine can run, best first. */
  targets: string[];
  /** Number of threads that work on one call, including the calling thread. */
  threads: number;
  build: { compiler: string; type: string; sanitize: string; cuda: string };
}
