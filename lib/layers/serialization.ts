import * as tf from '@tensorflow/tfjs-core';
import { optionError, show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** A regularizer of a weight: the result of `tf.regularizers.l1`, `l2` or `l1l2`. */
export interface Regularizer extends tf.serialization.Serializable {
  apply(x: tf.Tensor): tf.Scalar;
}

/** An object in the form that model files contain. */
export interface SerializedObject {
  className: string;
  config: tf.serialization.ConfigDict;
}

/** Converts an object to the form that model files contain. */
export const serialized = (object: tf.serialization.Serializable): SerializedObject => ({
  className: object.getClassName(),
  config: object.getConfig(),
});

type Entry = (typeof tf.serialization.SerializationMap.prototype.classNameMap)[string];

/** Classes by name that a caller passes to tfjs, each with its `fromConfig`. */
export type CustomObjects = Record<string, Entry>;

/** Makes an object from the result of {@link serialized}. Its class must be registered with tfjs, or be in `custom`. */
export function deserialized(
  fn: string,
  name: string,
  value: unknown,
  custom: CustomObjects = {},
): tf.serialization.Serializable {
  if (!isSerialized(value)) throw optionError(fn, name, 'must have a className and a config', value);
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const from = [custom, classNameMap].find(each => Object.hasOwn(each, value.className));
  const entry = from?.[value.className];
  if (entry === undefined) {
    throw new FracConnectionsError(
      'ERR_OPTION',
      `${fn}: the class of ${name} must be registered with tf.serialization.registerClass, got ${show(value.className)}`,
    );
  }
  const [made, fromConfig] = entry;
  return fromConfig(made, { ...value.config, customObjects: custom as never });
}

/** A regularizer from an option: one of `tf.regularizers`, its serialized form, or none. */
export function regularizerOf(fn: string, value: unknown): Regularizer | null {
  if (value === undefined || value === null) return null;
  if (isRegularizer(value)) return value;
  const made = isSerialized(value) ? deserialized(fn, 'regularizer', value) : undefined;
  if (isRegularizer(made)) return made;
  throw optionError(fn, 'regularizer', 'must be one of tf.regularizers or its config', value);
}

const isSerialized = (value: unknown): value is SerializedObject => {
  const { className, config } = (value ?? {}) as Partial<SerializedObject>;
  return typeof className === 'string' && typeof config === 'object' && config !== null;
};

// Tests the methods, not the class: tfjs does not export the class, and a bundle may contain a second copy of it.
const isRegularizer = (value: unknown): value is Regularizer => {
  const { apply, getConfig } = (value ?? {}) as Partial<Regularizer>;
  return typeof value === 'object' && typeof apply === 'function' && typeof getConfig === 'function';
};
