import { checkShape, type ShapeRule } from '../check_shape.js';
import { FracConnectionsError } from '../errors.js';
import type { Handle } from '../native/cuda.js';
import { checkNames, optionError, show } from '../options.js';
import type { CudaDevice } from './device.js';
import type { CudaStream } from './stream.js';
import type { CudaDtype, CudaTensor, OnStream } from './tensor.js';

type Class<T> = abstract new (...args: never[]) => T;

/** Throws unless `value` is one of this class. */
export function checkIs<T>(fn: string, name: string, value: unknown, type: Class<T>): asserts value is T {
  if (value instanceof type) return;
  throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be a ${type.name}, got ${show(value)}`);
}

/** Throws unless a tensor is alive, on this device, of this type and of one of these shapes. */
export function checkTensor(
  fn: string,
  name: string,
  value: CudaTensor,
  device: CudaDevice,
  dtype: CudaDtype,
  shapes: readonly ShapeRule[],
): void {
  value.handle(fn, name);
  if (value.device !== device) {
    const where = `${value.device.index}${value.device.index === device.index ? ', opened another time' : ''}`;
    throw new FracConnectionsError(
      'ERR_OPTION',
      `${fn}: ${name} must be on device ${device.index}, where the others are, got one on device ${where}`,
    );
  }
  if (value.dtype !== dtype) {
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be ${dtype}, got ${value.dtype}`);
  }
  checkShape(fn, name, value.shape, shapes);
}

/** The handle of the stream that a call asks for. */
export function streamOf(fn: string, device: CudaDevice, on: OnStream, names: string[] = ['stream']): Handle {
  if (typeof on !== 'object' || on === null) throw optionError(fn, 'options', 'must be an object', on);
  checkNames(fn, on, names);
  const stream: CudaStream = on.stream ?? device.current;
  device.checkStream(fn, stream);
  return stream.handle(fn, 'stream');
}
