import type { Config } from './config.js';

// The exports of native/node/cuda/exports.cc, under `cuda`. Every object on a device has a number, its handle.

/** A buffer, stream, event or graph. */
export type Handle = number;
type Weight = Handle | undefined;

/** The nine weights, in the order of `WEIGHT_NAMES`. */
export type DeviceWeights = [Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight, Weight];

/** The values of `Dtype` in native/common/cuda/cuda.h. */
export const DTYPES = { float32: 0, bfloat16: 1, float16: 2 } as const;
type Dtype = (typeof DTYPES)[keyof typeof DTYPES];

type H = Handle;
type Coefficients = [alpha: H, beta: H];
type Reading = [alpha: H, prenormGamma: Weight];
type Start = [stream: H, dtype: Dtype, ...Config];

/** The properties of a device, from CUDA. */
export interface RawDevice {
  index: number;
  name: string;
  major: number;
  minor: number;
  memory: number;
  multiprocessors: number;
  /** The CUDA error if the addon has no machine code for this device; '' if it has, or if nothing has checked yet. */
  noCode: string;
}

/**
 * CUDA versions in CUDA's format: 13000 is 13.0; a driver version of 0 means no driver. `error` is a CUDA error code.
 */
export type RawInfo = { runtime: number; driver: number } & (
  | { devices: RawDevice[]; error?: undefined }
  | { error: number; reason: string; devices?: undefined }
);

export interface CudaExports {
  info(): RawInfo;
  /** Checks for machine code and returns `noCode`. Creates a context on the device if there is none. */
  askForCode(device: number): string;
  memory(device: number): { free: number; total: number };
  allocate(device: number, bytes: number): H;
  /** Releases a handle of any kind. Returns false if it was not valid. */
  release(handle: H): boolean;
  upload(stream: H, dtype: Dtype, to: H, values: Float32Array | Uint16Array): Promise<void>;
  download(stream: H, dtype: Dtype, from: H, bits: 0): Promise<Float32Array>;
  download(stream: H, dtype: Dtype, from: H, bits: 1): Promise<Uint16Array>;
  copy(stream: H, to: H, from: H): void;
  zero(stream: H, buffer: H): void;
  createStream(device: number): H;
  createEvent(device: number): H;
  record(stream: H, event: H): void;
  wait(stream: H, event: H): void;
  synchronize(stream: H): Promise<void>;
  reached(event: H): Promise<void>;
  elapsed(start: H, end: H): Promise<number>;
  beginCapture(stream: H): void;
  endCapture(stream: H): H;
  abortCapture(stream: H): void;
  launch(stream: H, graph: H): void;
  fracWidth(...args: [...Start, x: H, ...out: Coefficients, h: H, ...w: DeviceWeights]): void;
  fracWidthGrad(
    ...args: [
      ...Start,
      ...[dH: H, ...dw: DeviceWeights, h: H, ...w: DeviceWeights, dX: H, ...d: Coefficients],
      dState: H | undefined,
    ]
  ): void;
  fracDepth(...args: [...Start, out: H, h: H, y: H, ...given: Coefficients]): void;
  fracDepthGrad(
    ...args: [...Start, dH: H, dY: H, ...d: Coefficients, h: H, y: H, ...given: Coefficients, dOut: H]
  ): void;
  fracDepthWidth(
    ...args: [
      ...Start,
      ...[out: H, x: H, ...next: Coefficients],
      ...[h: H, y: H, ...given: Coefficients, ...w: DeviceWeights],
    ]
  ): void;
  fracDepthWidthGrad(
    ...args: [
      ...Start,
      ...[dH: H, dY: H, ...d: Coefficients, ...dw: DeviceWeights],
      ...[h: H, y: H, ...given: Coefficients, ...w: DeviceWeights],
      ...[dOut: H, dX: H, ...dNext: Coefficients],
    ]
  ): void;
  fracRead(...args: [...Start, x: H, h: H, ...Reading]): void;
  fracReadGrad(
    ...args: [...Start, dH: H, ...d: Reading, h: H, ...given: Reading, dX: H, dState: H | undefined]
  ): void;
  fracDepthRead(
    ...args: [...Start, out: H, x: H, h: H, y: H, ...given: Coefficients, ...next: Reading]
  ): void;
  fracDepthReadGrad(
    ...args: [
      ...Start,
      ...[dH: H, dY: H, ...d: Coefficients, ...dNext: Reading],
      ...[h: H, y: H, ...given: Coefficients, ...next: Reading, dOut: H, dX: H],
    ]
  ): void;
}
