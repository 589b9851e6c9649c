import type { CudaExports, RawDevice, RawInfo } from '../addon/cuda.js';
import { tryAddon } from '../addon/load.js';
import { platformName } from '../common/platform.js';

/** Properties of a CUDA device. */
export interface CudaDeviceProperties {
  /** The index for {@link CudaDevice.open}. */
  index: number;
  name: string;
  /** '9.0' for a Hopper GPU. */
  computeCapability: string;
  /**
   * Total bytes of memory. {@link CudaDevice.memory} returns the free bytes, for which CUDA needs a context on the
   * device.
   */
  memory: number;
  multiprocessors: number;
  /** The reason why the kernels do not run on this device; undefined if they do. */
  unsupported?: string;
  /**
   * The reason why the kernels are slow on this device, if they are. It is known only for a device that this process
   * has opened or run an op on, because the check needs a context.
   */
  remark?: string;
}

/** The reason why there is no CUDA, for programs. */
export type CudaAbsence =
  /** There is no native addon. */
  | 'addon'
  /** The addon was built without CUDA. */
  | 'build'
  /** There is no NVIDIA driver. */
  | 'driver'
  /** The driver is too old for the CUDA version of the addon. */
  | 'driver-version'
  /** The driver finds no device. */
  | 'device'
  /** The compute capability of every device is too old for the kernels. */
  | 'capability'
  /** CUDA failed with another error, which is in the reason. */
  | 'error';

/** The CUDA devices, or why there is no CUDA. See {@link cudaInfo}. */
export type CudaInfo =
  | {
      available: true;
      devices: CudaDeviceProperties[];
      /** The newest CUDA version that the driver supports: '13.0'. */
      driver: string;
      /** The CUDA version of the addon. */
      runtime: string;
    }
  | {
      available: false;
      code: CudaAbsence;
      reason: string;
      /** The devices that exist but cannot be used. */
      devices: CudaDeviceProperties[];
      driver?: string;
      runtime?: string;
    };

/** The lowest compute capability that the kernels are compiled for, as 10 * major + minor. */
const LEAST_CAPABILITY = 75;
/** The first driver that supports each major version of CUDA. */
const DRIVERS: Record<number, number> = { 12: 525, 13: 580 };

// cudaError_t
const NO_DEVICE = 100;
const INSUFFICIENT_DRIVER = 35;

/** NVIDIA's compiler for Windows needs Microsoft's, so that binary cannot be made where the others are. */
function withoutCuda(): string {
  const platform = platformName();
  const reason = 'the native addon was built without CUDA';
  if (platform === 'linux-x64') return reason;
  const instead = platform === 'win32-x64' ? '; WSL 2 is Linux and has it' : '';
  return `${reason}, which the package has for linux-x64 only${instead}`;
}

/**
 * Returns the CUDA devices of this machine, or the reason why none can be used. Never throws.
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
 * Like {@link cudaInfo}, with the remark of each device. It creates a context of hundreds of megabytes on every device.
 *
 * @internal
 */
export function fullInfo(cuda: CudaExports): CudaInfo {
  const info = infoOf(cuda);
  if (!info.available) return info;
  return { ...info, devices: info.devices.map(each => ({ ...each, ...queryRemark(cuda, each) })) };
}

/** Like {@link cudaInfo}, with the given addon. */
export function infoOf(cuda: CudaExports | undefined): CudaInfo {
  if (cuda === undefined) return absent('build', withoutCuda());
  const raw = cuda.info();
  const versions = { runtime: version(raw.runtime), ...(raw.driver > 0 && { driver: version(raw.driver) }) };
  if (raw.devices === undefined) return { ...absenceOf(raw), ...versions };
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

function absenceOf({ driver, runtime, error, reason }: Extract<RawInfo, { error: number }>): Absent {
  const needed = DRIVERS[Math.floor(runtime / 1000)];
  const install = needed === undefined ? 'install a newer driver' : `install driver ${needed} or newer`;
  if (driver === 0) return absent('driver', `there is no NVIDIA driver: ${install}`);
  if (error === INSUFFICIENT_DRIVER) {
    const rule = `supports CUDA ${version(driver)}, and this addon was built with ${version(runtime)}`;
    return absent('driver-version', `the NVIDIA driver ${rule}: ${install}`);
  }
  return error === NO_DEVICE ? absent('device', noDevice()) : absent('error', reason);
}

function noDevice(): string {
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  const because = visible === undefined ? '' : ` (CUDA_VISIBLE_DEVICES is '${visible}')`;
  return `the NVIDIA driver finds no device${because}`;
}

/**
 * Queries CUDA for the remark of a device. It creates a context if there is none. If the query fails, the remark says so.
 *
 * @internal
 */
export function queryRemark(cuda: CudaExports, device: CudaDeviceProperties): { remark?: string } {
  if (device.unsupported !== undefined) return {};
  try {
    return remarkOf(device, cuda.askForCode(device.index));
  } catch (error) {
    const what = 'cannot determine whether this addon has machine code for it';
    return { remark: `device ${device.index} (${device.name}): ${what}: ${(error as Error).message}` };
  }
}

function remarkOf({ index, name }: { index: number; name: string }, noCode: string): { remark?: string } {
  if (noCode === '') return {};
  const lacks = `this addon has no machine code for device ${index} (${name}, CUDA error ${noCode})`;
  return { remark: `${lacks}: all sizes use the general kernel variant, which is slower` };
}

function describe({ major, minor, noCode, ...rest }: RawDevice): CudaDeviceProperties {
  const computeCapability = `${major}.${minor}`;
  const least = `${Math.floor(LEAST_CAPABILITY / 10)}.${LEAST_CAPABILITY % 10}`;
  const old = 10 * major + minor < LEAST_CAPABILITY;
  const unsupported = `compute capability ${computeCapability}, and the kernels need ${least} or newer`;
  return { ...rest, computeCapability, ...(old && { unsupported }), ...remarkOf(rest, noCode) };
}
