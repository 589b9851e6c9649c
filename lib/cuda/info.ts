import type { CudaExports, RawDevice, RawInfo } from '../addon/cuda.js';
import { tryAddon } from '../addon/load.js';

/** One CUDA device. */
export interface CudaDeviceProperties {
  /** What {@link CudaDevice.open} takes. */
  index: number;
  name: string;
  /** '9.0' for a Hopper GPU. */
  computeCapability: string;
  /** Bytes of memory in all; how many are free is {@link CudaDevice.memory}, since asking takes a context on the device. */
  memory: number;
  multiprocessors: number;
  /** Why its kernels do not run on this device; undefined where they do. */
  unsupported?: string;
  /**
   * What makes its kernels slow. Known of a device that was opened or has run an op in this process; others are not asked,
   * since that takes a context.
   */
  remark?: string;
}

/** Why there is no CUDA here, for programs. */
export type CudaAbsence =
  /** The native addon is not there. */
  | 'addon'
  /** The addon was built without CUDA. */
  | 'build'
  /** There is no NVIDIA driver. */
  | 'driver'
  /** The driver is older than the CUDA that the addon was built with. */
  | 'driver-version'
  /** The driver sees no device. */
  | 'device'
  /** No device has a compute capability that the kernels are made for. */
  | 'capability'
  /** CUDA failed with another error, which the reason tells. */
  | 'error';

/** What there is of CUDA. See {@link cudaInfo}. */
export type CudaInfo =
  | {
      available: true;
      devices: CudaDeviceProperties[];
      /** The CUDA version that the driver serves, '13.0'. */
      driver: string;
      /** The CUDA version inside the addon. */
      runtime: string;
    }
  | {
      available: false;
      code: CudaAbsence;
      reason: string;
      /** Those that there are, none of which will do. */
      devices: CudaDeviceProperties[];
      driver?: string;
      runtime?: string;
    };

/** 10 * major + minor of the oldest devices that the kernels are compiled for. */
const LEAST_CAPABILITY = 75;
/** The first driver that serves each major version of CUDA. */
const DRIVERS: Record<number, number> = { 12: 525, 13: 580 };

// cudaError_t
const NO_DEVICE = 100;
const INSUFFICIENT_DRIVER = 35;

/**
 * The CUDA devices of this machine, or why none can be used. Never throws.
 *
 * @example
 * ```ts
 * const cuda = cudaInfo();
 * console.log(cuda.available ? cuda.devices.map(device => device.name).join() : cuda.reason);
 * ```
 */
export function cudaInfo(): CudaInfo {
  const found = tryAddon();
  if ('addon' in found) return infoOf(found.addon.cuda);
  return absent('addon', `there is no native addon: ${found.reasons.join('; ')}`);
}

/**
 * The same with each device's remark: makes a context, hundreds of megabytes, on every device.
 *
 * @internal
 */
export function fullInfo(cuda: CudaExports): CudaInfo {
  const info = infoOf(cuda);
  if (!info.available) return info;
  return { ...info, devices: info.devices.map(each => ({ ...each, ...askForRemark(cuda, each) })) };
}

/** The same for an addon at hand. */
export function infoOf(cuda: CudaExports | undefined): CudaInfo {
  if (cuda === undefined) return absent('build', 'the native addon was built without CUDA');
  const raw = cuda.info();
  const versions = { runtime: version(raw.runtime), ...(raw.driver > 0 && { driver: version(raw.driver) }) };
  if (raw.devices === undefined) return { ...whyNot(raw), ...versions };
  const devices = raw.devices.map(describe);
  if (devices.length === 0) return { ...absent('device', noDevice()), ...versions };
  if (devices.every(each => each.unsupported !== undefined)) {
    const reason = devices.map(each => `device ${each.index}, ${each.name}: ${each.unsupported}`).join('; ');
    return { ...absent('capability', reason), devices, ...versions };
  }
  return { available: true, devices, runtime: versions.runtime, driver: version(raw.driver) };
}

type Absent = Extract<CudaInfo, { available: false }>;

const absent = (code: CudaAbsence, reason: string): Absent => ({
  available: false,
  code,
  reason,
  devices: [],
});

const version = (number: number) => `${Math.floor(number / 1000)}.${Math.floor((number % 1000) / 10)}`;

function whyNot({ driver, runtime, error, reason }: Extract<RawInfo, { error: number }>): Absent {
  const needed = DRIVERS[Math.floor(runtime / 1000)];
  const install = needed === undefined ? 'install a newer driver' : `install driver ${needed} or newer`;
  if (driver === 0) return absent('driver', `there is no NVIDIA driver: ${install}`);
  if (error === INSUFFICIENT_DRIVER) {
    const rule = `serves CUDA ${version(driver)}, and this addon was built with ${version(runtime)}`;
    return absent('driver-version', `the NVIDIA driver ${rule}: ${install}`);
  }
  return error === NO_DEVICE ? absent('device', noDevice()) : absent('error', reason);
}

function noDevice(): string {
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  const because = visible === undefined ? '' : ` (CUDA_VISIBLE_DEVICES is '${visible}')`;
  return `the NVIDIA driver sees no device${because}`;
}

/**
 * A device's remark, for which it asks CUDA: makes a context if there is none. That it cannot be known is a remark too.
 *
 * @internal
 */
export function askForRemark(cuda: CudaExports, device: CudaDeviceProperties): { remark?: string } {
  if (device.unsupported !== undefined) return {};
  try {
    return remarkOf(device, cuda.askForCode(device.index));
  } catch (error) {
    const what = 'whether there is machine code for it in this addon could not be asked';
    return { remark: `device ${device.index} (${device.name}): ${what}: ${(error as Error).message}` };
  }
}

function remarkOf({ index, name }: { index: number; name: string }, noCode: string): { remark?: string } {
  if (noCode === '') return {};
  const lacks = `device ${index} (${name}) has no machine code of its own in this addon`;
  return {
    remark: `${lacks} (CUDA error ${noCode}): sizes with kernels of their own run on the general one, slower`,
  };
}

function describe({ major, minor, noCode, ...rest }: RawDevice): CudaDeviceProperties {
  const computeCapability = `${major}.${minor}`;
  const least = `${Math.floor(LEAST_CAPABILITY / 10)}.${LEAST_CAPABILITY % 10}`;
  const old = 10 * major + minor < LEAST_CAPABILITY;
  const unsupported = `compute capability ${computeCapability}, and the kernels need ${least} or newer`;
  return { ...rest, computeCapability, ...(old && { unsupported }), ...remarkOf(rest, noCode) };
}
