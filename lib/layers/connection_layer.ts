import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { checkNames, optionError } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';
import type { BaseConnection, ConnectionSizes } from '../connections/base_connection.js';
import type { Connection } from '../connections/connection.js';
import { type Mixing, opWeights } from '../connections/mixing.js';
import type { ModuleOptions } from '../connections/module_options.js';
import { residualDepth, residualWidth } from '../connections/residual.js';
import { OPTION_NAMES } from '../contract/options.js';
import type { ConnectionWeights } from '../contract/weights.js';
import { fracDepth } from '../ops/frac_depth.js';
import { fracWidth, type WidthResult } from '../ops/frac_width.js';
import { checkInputCopy, checkLayerCopy, type Inputs } from './copies.js';
import {
  type CustomObjects,
  deserialized,
  type Regularizer,
  regularizerOf,
  type SerializedObject,
  serialized,
} from './serialization.js';
import { checkMultiple, checkSameShape, inputShape, oneTensor } from './shapes.js';

/** The arguments of every tf.layers layer: `name`, `trainable`, `inputShape`, `batchInputShape`, `weights`, ... */
export type LayerArgs = NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]>;

/**
 * Arguments of both connection layers of the papers, in addition to those of every tf.layers layer. `dim` comes from the input's
 * shape.
 */
export interface ConnectionLayerArgs extends LayerArgs, Omit<ModuleOptions, 'dim'> {
  /**
   * The layer or model inside the connection. Its output must have the shape of its input, `[..., dim]`. The connection
   * owns it from then on, and trains, freezes, saves and disposes of it.
   */
  layer: tfl.layers.Layer;
  /** Fractions (fracConnection) or streams. */
  rate: number;
  /**
   * Regularizer of the dynamic weights: one of `tf.regularizers` or its config. Default: none. Static weights have
   * none.
   */
  regularizer?: Regularizer | SerializedObject | null;
}

/** Arguments of every connection layer, whatever its rule. */
export type WrapperArgs = LayerArgs & Pick<ConnectionLayerArgs, 'layer' | 'rate' | 'regularizer'>;

/** The configuration of a layer without its size: options of a module, all of them given. */
export type Config = { rate: number; enabled?: boolean } & Record<string, unknown>;

/** The difference between the connections of each rule. */
export interface Kind {
  /** Name of the public function, for error messages. */
  fn: string;
  /** Names of the module's options that the layer takes. */
  names: readonly string[];
  /** Makes the module from which the layer takes its options, weight names and initial weights. */
  create(options: Config & { dim: number }): BaseConnection;
  /** The module's weights by the names that {@link Kind.width} knows them under. */
  weights(module: BaseConnection): Record<string, tf.Variable>;
  /** The width connection, of a module with these options. */
  width(
    h: tf.Tensor,
    weights: Record<string, tf.Tensor>,
    config: Config,
    options: ConnectionSizes,
  ): WidthResult;
  /** Number of copies of the hidden state in the input. */
  streams(rate: number): number;
}

/** What the connections of the two papers share. */
export const PAPERS: Pick<Kind, 'weights' | 'width'> = {
  weights: module => ({ ...(module as Connection).weights }),
  width(h, weights, config, options) {
    const { mixing = 'learned' } = config as { mixing?: Mixing };
    const made = opWeights(
      weights as unknown as ConnectionWeights,
      mixing,
      options.streams * options.fractions,
    );
    return fracWidth(h, made, options);
  },
};

/** The options of both modules of the papers that their layers take. */
export const PAPER_NAMES: readonly string[] = [
  ...['dynamic', 'prenorm', 'enabled', 'mixing', 'perturb', 'seed'],
  ...OPTION_NAMES.filter(name => !['dim', 'streams', 'fractions'].includes(name)),
];

/** Names of the arguments of every tf.layers layer. tfjs adds `customObjects` when it reads a configuration. */
export const LAYER_NAMES = [
  ...['name', 'trainable', 'inputShape', 'batchInputShape', 'batchSize', 'dtype', 'inputDType', 'weights'],
  'customObjects',
];

const NAMES = ['layer', 'rate', 'regularizer'];

// Layers that already are in a connection. A second connection would save the weights twice, and tfjs cannot load a
// file in which a weight name occurs twice.
const taken = new WeakSet<tfl.layers.Layer>();

/** A tf.layers wrapper that runs a layer inside a connection: width connection, layer, depth connection. */
export abstract class ConnectionLayer extends tfl.layers.Layer {
  /** The layer inside. */
  readonly layer: tfl.layers.Layer;

  readonly #kind: Kind;
  readonly #config: Config;
  readonly #regularizer: Regularizer | null;
  #options: ConnectionSizes | undefined;
  #weights: Record<string, tfl.LayerVariable> = {};

  /** @internal */
  constructor(kind: Kind, args: WrapperArgs) {
    const { own, config, layer, regularizer } = checkArgs(kind, args);
    super(own);
    this.#kind = kind;
    this.#config = config;
    this.#regularizer = regularizer;
    this.layer = layer;
    taken.add(layer);
    this.supportsMasking = true; // the mask passes through, and the layer inside gets it too
    // Only `false` is passed on: a layer that was frozen before stays frozen inside a trainable connection.
    if (own.trainable === false) layer.trainable = false;
  }

  override build(shape: tfl.Shape | tfl.Shape[]): void {
    const { fn } = this.#kind;
    const { sizes, width } = inputShape(fn, shape);
    const { rate } = this.#config;
    if (this.#enabled) checkMultiple(fn, 'rate', rate, sizes);
    const dim = width / this.#streams;
    const inner = [...sizes.slice(0, -1), dim];
    // Apply the layer to a named input instead of calling build. Its weight names then start with the names of both
    // layers, here and when tfjs loads the model from a file.
    const input = tfl.input({ batchShape: inner, name: `${this.name}_input` });
    checkSameShape(fn, inner, this.layer.apply(input) as tfl.SymbolicTensor | tfl.SymbolicTensor[]);
    this.#addWeights(dim);
    super.build(shape);
  }

  get #enabled(): boolean {
    return this.#config.enabled !== false;
  }

  /** Copies of the hidden state in the input. */
  get #streams(): number {
    return this.#enabled ? this.#kind.streams(this.#config.rate) : 1;
  }

  /** Adds the weights, with the names of the paper's code and the module's initial values. */
  #addWeights(dim: number): void {
    const module = this.#kind.create({ ...this.#config, dim });
    this.#options = module.options;
    const names = new Map(Object.entries(module.stateDict()).map(([name, weight]) => [weight, name]));
    for (const [key, weight] of Object.entries(this.#kind.weights(module))) {
      const name = names.get(weight);
      if (name === undefined) continue; // a coefficient of the residual connection, which is 1
      const penalty = module.dynamicWeights.includes(weight) ? (this.#regularizer ?? undefined) : undefined;
      const variable = this.addWeight(name, weight.shape, 'float32', new CopyOf(weight), penalty);
      this.#weights[key] = variable;
    }
    module.dispose();
  }

  override apply(inputs: Inputs, kwargs?: Record<string, unknown>) {
    checkInputCopy(this.#kind.fn, inputs);
    return super.apply(inputs, kwargs);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      this.invokeCallHook(inputs, kwargs);
      const h = oneTensor(this.#kind.fn, inputs);
      const read = Object.entries(this.#weights).map(([key, weight]) => [key, weight.read()]);
      const { x, ...mix } = this.#width(h, Object.fromEntries(read));
      const y = oneTensor(this.#kind.fn, this.layer.apply(x, kwargs) as tf.Tensor | tf.Tensor[]);
      if (!this.#enabled) return residualDepth(h, y, mix, this.#options!);
      return fracDepth(h, y, mix.alpha, mix.beta, this.#options!);
    });
  }

  #width(h: tf.Tensor, weights: Record<string, tf.Tensor>): WidthResult {
    if (this.#enabled) return this.#kind.width(h, weights, this.#config, this.#options!);
    const ones = { staticAlpha: tf.ones([1, 2]), staticBeta: tf.ones([1]) };
    return residualWidth(h, { ...weights, ...ones }, this.#options!);
  }

  override computeOutputShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const { fn } = this.#kind;
    const { sizes, width } = inputShape(fn, shape);
    const built = this.#options && this.#options.dim * this.#streams;
    if (built !== undefined && built !== width) {
      throw new FracConnectionsError(
        'ERR_SHAPE',
        `${fn}: ${this.name} was built for width ${built}, got ${width}`,
      );
    }
    return sizes;
  }

  override get trainable(): boolean {
    return super.trainable;
  }

  override set trainable(trainable: boolean) {
    super.trainable = trainable;
    this.layer.trainable = trainable;
  }

  override get trainableWeights(): tfl.LayerVariable[] {
    return this.trainable ? [...super.trainableWeights, ...this.layer.trainableWeights] : [];
  }

  override get nonTrainableWeights(): tfl.LayerVariable[] {
    const inner = this.trainable ? this.layer.nonTrainableWeights : this.layer.weights;
    return [...super.nonTrainableWeights, ...inner];
  }

  override get stateful(): boolean {
    return this.layer.stateful;
  }

  /** @param given what the layer inside takes: for an RNN, its new states */
  override resetStates(...given: unknown[]): void {
    (this.layer.resetStates as (...given: unknown[]) => void).apply(this.layer, given);
  }

  // A getter, because tfjs's own wrappers read it of the layer inside them; calculateLosses goes through it too.
  override get losses(): (() => tf.Scalar)[] {
    return [...super.losses, ...lossesOf(this.layer)];
  }

  override addLoss(losses: (() => tf.Scalar) | (() => tf.Scalar)[]): void {
    super.losses.push(...[losses].flat()); // tfjs pushes to `this.losses`, which is another array here
  }

  override get updates(): tf.Tensor[] {
    return [...super.updates, ...this.layer.updates];
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    this.layer.setFastWeightInitDuringBuild(value);
  }

  protected override disposeWeights(): number {
    const own = Object.values(this.#weights);
    for (const weight of own) weight.dispose();
    let disposed = own.length;
    // A model counts its creator as one more reference. The connection owns the model, so dispose until no reference is
    // left.
    for (let references = 1; references > 0; ) {
      const result = this.layer.dispose();
      references = result.refCountAfterDispose;
      disposed += result.numDisposedVariables;
    }
    return disposed;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { names } = this.#kind;
    const flags = Object.entries(this.#config).filter(([key]) => NAMES.includes(key) || names.includes(key));
    return {
      ...super.getConfig(),
      ...Object.fromEntries(flags),
      regularizer: this.#regularizer && { ...serialized(this.#regularizer) },
      layer: { ...serialized(this.layer) },
    };
  }

  /** tfjs calls this when it loads a model. */
  static override fromConfig<T extends tf.serialization.Serializable>(
    layerClass: tf.serialization.SerializableConstructor<T>,
    config: tf.serialization.ConfigDict,
  ): T {
    // Classes that are not registered, given to tf.models.modelFromJSON.
    const custom = config.customObjects as CustomObjects | undefined;
    return new layerClass({
      ...config,
      layer: deserialized(layerClass.className, 'layer', config.layer, custom),
    });
  }
}

/** The penalties of a layer. A model of tfjs has none of its own; those of its layers count, of a shared layer once. */
function lossesOf(layer: tfl.layers.Layer): (() => tf.Scalar)[] {
  return 'layers' in layer ? (layer as tfl.LayersModel).layers.flatMap(lossesOf) : layer.losses;
}

/** An initializer that copies the value of another tensor. */
class CopyOf extends tf.serialization.Serializable {
  constructor(private readonly source: tf.Tensor) {
    super();
  }

  apply(): tf.Tensor {
    return this.source.clone();
  }

  fromConfigUsesCustomObjects(): boolean {
    return false;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

function checkArgs(kind: Kind, args: WrapperArgs) {
  const { fn } = kind;
  if (typeof args !== 'object' || args === null) throw optionError(fn, 'args', 'must be an object', args);
  checkNames(fn, args, [...NAMES, ...kind.names, ...LAYER_NAMES]);
  const { layer, rate, regularizer, ...rest } = args;
  if (typeof layer?.computeOutputShape !== 'function' || typeof layer?.apply !== 'function') {
    throw optionError(fn, 'layer', 'must be a tf.layers layer or a model', layer);
  }
  checkLayerCopy(fn, 'layer', layer);
  if (taken.has(layer)) throw optionError(fn, 'layer', 'must not be inside another connection', layer.name);
  const isModel = 'layers' in layer;
  if (layer.built && !isModel) throw optionError(fn, 'layer', 'must not have been used before', layer.name);
  for (const name of ['dtype', 'inputDType'] as const) {
    const given = rest[name];
    if (given !== undefined && given !== 'float32') throw optionError(fn, name, "must be 'float32'", given);
  }
  const own = pick(rest, LAYER_NAMES) as LayerArgs;
  const flags = pick(rest, kind.names);
  // The size of the input is not known yet. A module of the smallest size checks the other options now.
  const probe = kind.create({ ...flags, rate, dim: rate });
  const { type: _type, dim: _dim, ...config } = probe.toJSON();
  probe.dispose();
  return {
    own,
    layer,
    config: config as Config,
    regularizer: regularizerOf(fn, regularizer),
  };
}

const pick = (object: object, names: readonly string[]) =>
  Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
