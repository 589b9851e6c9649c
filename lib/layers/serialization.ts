import * as tf from '@tensorflow/tfjs-core';
import { optionError, show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/** A penalty on a weight: what `tf.regularizers.l1`, `l2` and `l1l2` return. */
export interface Regularizer extends tf.serialization.Serializable {
  apply(x: tf.Tensor): tf.Scalar;
}

/** An object as model files hold it. */
export interface SerializedObject {
  className: string;
  config: tf.serialization.ConfigDict;
}

/** The form that model files hold. */
export const serialized = (object: tf.serialization.Serializable): SerializedObject => ({
  className: object.getClassName(),
  config: object.getConfig(),
});

type Entry = (typeof tf.serialization.SerializationMap.prototype.classNameMap)[string];

/** Classes by name that a caller of tfjs gives along, each with its `fromConfig`. */
export type CustomObjects = Record<string, Entry>;

/** The object that {@link serialized} described; its class is registered with tfjs, or one of `custom`. */
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
      `${fn}: ${name} has the class ${show(value.className)}, which is not registered with tf.serialization.registerClass`,
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

// By its methods, not by class: tfjs does not export the class, and bundles may hold a second copy of it.
const isRegularizer = (value: unknown): value is Regularizer => {
  const { apply, getConfig } = (value ?? {}) as Partial<Regularizer>;
  return typeof value === 'object' && typeof apply === 'function' && typeof getConfig === 'function';
};
