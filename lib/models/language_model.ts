import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from '../common/errors.js';
import { rmsNorm } from '../connections/rms_norm.js';
import { assignState, type StateDict } from '../connections/state_dict.js';
import { linear } from './attention.js';
import { countModelFlops, countModelParameters } from './count.js';
import { crossEntropy } from './cross_entropy.js';
import { drawTokens, type GenerateOptions } from './generate.js';
import {
  type ConnectionInspection,
  type Inspection,
  inspectConnection,
  readSite,
  rowSimilarity,
} from './inspect.js';
import { createBranches, type RouterLosses } from './layer.js';
import { type LanguageModelOptions, type ResolvedModelOptions, resolveModelOptions } from './options.js';
import { type AttentionTables, attentionTables, firstPositions } from './rope.js';
import { gatherRows } from './rows.js';
import { checkTokens } from './tokens.js';
import { createWeights, type NamedWeights, weightSpecs } from './weights.js';
import { createJoints, type Joints, siteNames, type Visit } from './wiring.js';

/** The result of {@link LanguageModel.loss}. */
export type LanguageModelLoss = {
  /** Mean cross-entropy, in nats per token. */
  loss: tf.Scalar;
  /**
   * The training objective: `loss + balanceLossWeight * balanceLoss + zLossWeight * zLoss`; just `loss` in a dense
   * model.
   */
  total: tf.Scalar;
  /**
   * Mixture of Experts: mean over the layers of `E sum_e f_e P_e`. It is 1 when all experts get equally many tokens.
   */
  balanceLoss?: tf.Scalar;
  /** Mixture of Experts: mean over the layers and tokens of `logsumexp(router logits)^2`. */
  zLoss?: tf.Scalar;
} & Record<string, tf.Scalar>;

/**
 * A decoder-only language model in the style of OLMo2 (arXiv 2501.00656): RMSNorm before each sublayer, rotary position
 * embedding, QK-norm, SwiGLU, causal attention, untied output matrix, no biases. With `experts` it is a Mixture of
 * Experts in the style of OLMoE (arXiv 2409.02060).
 *
 * It runs on any tfjs backend that can read values synchronously. Training needs the gradients of tfjs' own ops, which
 * `@tensorflow/tfjs` and tfjs-node register and `@tensorflow/tfjs-core` alone does not.
 *
 * `wiring` chooses the connections around the sublayers, two per layer: residual, Frac-Connections or
 * Hyper-Connections. Everything else is the same, the initial weights included, so any difference between two models
 * comes from the wiring. With the initial weights the logits equal those of the residual model up to rounding.
 *
 * @example
 * ```ts
 * const model = new LanguageModel({
 *   vocabSize: 256, dim: 64, layers: 2, heads: 4, context: 128,
 *   wiring: { kind: 'frac', rate: 4 },
 * });
 * const tokens = tf.tensor2d([[72, 101, 108, 108, 111]], [1, 5], 'int32');
 * const logits = model.apply(tokens); // [1, 5, 256]
 * ```
 */
export class LanguageModel {
  /** Every option, with the defaults filled in. */
  readonly options: Readonly<ResolvedModelOptions>;
  /** All weights by name. The names and their order depend only on the options. Matrices are `[out, in]`. */
  readonly weights: Readonly<NamedWeights>;
  readonly #joints: Joints;
  readonly #tables: AttentionTables;
  #disposed = false;

  /** @throws FracConnectionsError ERR_OPTION when an option is wrong or unknown */
  constructor(options: LanguageModelOptions) {
    this.options = Object.freeze(resolveModelOptions('LanguageModel', options));
    this.#joints = createJoints(this.options);
    this.weights = Object.freeze({ ...createWeights(this.options), ...this.#joints.weights });
    this.#tables = attentionTables(this.options, this.options.context);
    // tf.tidy must not dispose of a model's tables, just as it does not dispose of variables.
    for (const table of Object.values(this.#tables)) tf.keep(table);
  }

  /** Weights with weight decay: the matrices, and the dynamic weights of the connections. */
  get decayWeights(): tf.Variable[] {
    const matrices = weightSpecs(this.options).filter(spec => spec.kind === 'matrix');
    return [...matrices.map(spec => this.weights[spec.name]!), ...this.#joints.decay];
  }

  /** Weights without weight decay: the embedding, the gains of the norms, and the static weights of the connections. */
  get noDecayWeights(): tf.Variable[] {
    const decay = new Set(this.decayWeights);
    return Object.values(this.weights).filter(weight => !decay.has(weight));
  }

  /**
   * Computes, for each token, the logits of the token after it.
   *
   * @param tokens int32 `[batch, time]`, time at most `context`, values below `vocabSize`
   * @returns float32 `[batch, time, vocabSize]`
   * @throws FracConnectionsError when the type, shape or values of `tokens` are wrong
   */
  apply(tokens: tf.Tensor2D): tf.Tensor3D {
    this.#check('apply', 'tokens', tokens);
    return tf.tidy(() => {
      const logits = this.#unembed(this.#hidden(tokens));
      return tf.reshape(logits, [...tokens.shape, this.options.vocabSize] as [number, number, number]);
    });
  }

  /**
   * Computes the losses on a batch. Inside `tf.variableGrads`, return `total`; to use the other scalars afterwards, call `tf.keep`
   * on them there.
   *
   * @param tokens int32 `[batch, time]`
   * @param targets int32 `[batch, time]`: for each token, the token after it
   * @throws FracConnectionsError when the type, shape or values of either are wrong
   *
   * @example
   * ```ts
   * const { value, grads } = tf.variableGrads(() => model.loss(tokens, targets).total, model.decayWeights);
   * ```
   */
  loss(tokens: tf.Tensor2D, targets: tf.Tensor2D): LanguageModelLoss {
    this.#check('loss', 'tokens', tokens);
    this.#check('loss', 'targets', targets);
    if (!tf.util.arraysEqual(tokens.shape, targets.shape)) {
      const rule = `targets must be [${tokens.shape}], the shape of tokens`;
      throw new FracConnectionsError('ERR_SHAPE', `LanguageModel.loss: ${rule}, got [${targets.shape}]`);
    }
    return tf.tidy((): LanguageModelLoss => {
      const router: RouterLosses = { balance: [], z: [] };
      const logits = this.#unembed(this.#hidden(tokens, router));
      const loss = crossEntropy(logits, tf.reshape(targets, [targets.size]));
      // A second tensor, so that a caller can dispose of one and keep the other.
      if (this.options.experts === 0) return { loss, total: tf.clone(loss) };
      const { balanceLossWeight, zLossWeight } = this.options;
      const balanceLoss = tf.mean(tf.stack(router.balance)) as tf.Scalar;
      const zLoss = tf.mean(tf.stack(router.z)) as tf.Scalar;
      const extra = tf.add(tf.mul(balanceLoss, balanceLossWeight), tf.mul(zLoss, zLossWeight));
      return { loss, total: tf.add(loss, extra) as tf.Scalar, balanceLoss, zLoss };
    });
  }

  /**
   * Measures the similarity between the inputs of neighbouring sites on these tokens, and the coefficients of each connection.
   *
   * @param tokens int32 `[batch, time]`
   */
  inspect(tokens: tf.Tensor2D): Inspection {
    this.#check('inspect', 'tokens', tokens);
    const sites = siteNames(this.options.layers);
    const similarities: Float32Array[] = [];
    const connections: ConnectionInspection[] = [];
    tf.tidy(() => {
      let before: tf.Tensor2D | undefined;
      this.#hidden(tokens, undefined, (site, h) => {
        const connection = this.#joints.stack?.connections[site];
        const read = connection === undefined ? undefined : readSite(connection, h);
        if (read !== undefined) connections.push(inspectConnection(sites[site]!, site, connection!, read));
        const x = (read?.x ?? tf.clone(h)) as tf.Tensor2D; // the joints free h
        if (before !== undefined) similarities.push(rowSimilarity(before, x));
        before = x;
      });
    });
    return { sites, similarities, connections };
  }

  /**
   * Generates tokens after a prompt, one at a time.
   *
   * @param prompt one or more tokens; only the last `context` of them are used
   * @throws FracConnectionsError when the prompt or an option is wrong, at the request for the first token
   *
   * @example
   * ```ts
   * for await (const token of model.generate([72, 105], { maxTokens: 20, seed: 1 })) console.log(token);
   * ```
   */
  generate(
    prompt: ArrayLike<number>,
    options: GenerateOptions = {},
  ): AsyncGenerator<number, void, undefined> {
    return drawTokens(prompt, options, this.options.context, async window => {
      const logits = tf.tidy(() => {
        const tokens = tf.tensor2d([window], [1, window.length], 'int32');
        this.#check('generate', 'prompt', tokens);
        const hidden = this.#hidden(tokens);
        return this.#unembed(tf.slice(hidden, [window.length - 1, 0], [1, -1]));
      });
      const values = await logits.data();
      logits.dispose();
      return values;
    });
  }

  /** Number of parameters. */
  parameters(): number {
    return countModelParameters(this.options).total;
  }

  /** Multiply-adds per token in the forward pass, at full context; see {@link countModelFlops}. */
  flops(): number {
    return countModelFlops(this.options).total;
  }

  /** The variables themselves, by name. */
  stateDict(): StateDict {
    this.#alive('stateDict');
    return { ...this.weights };
  }

  /**
   * Copies values from tensors that have the names of {@link LanguageModel.stateDict}.
   *
   * @throws FracConnectionsError ERR_WEIGHTS when a name, shape or type does not match; no weight changes then.
   */
  loadStateDict(tensors: Record<string, tf.Tensor>): void {
    assignState('LanguageModel.loadStateDict', this.stateDict(), tensors);
  }

  /** The configuration as plain JSON, without weights. */
  toJSON(): ResolvedModelOptions {
    return structuredClone(this.options);
  }

  /** Makes a new model from the result of {@link LanguageModel.toJSON}, with initial weights. */
  static fromJSON(json: LanguageModelOptions): LanguageModel {
    return new LanguageModel(json);
  }

  /** Frees the weights. Other methods throw ERR_DISPOSED afterwards; a second call does nothing. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#joints.dispose();
    const own = weightSpecs(this.options).map(spec => this.weights[spec.name]!);
    tf.dispose([...own, ...Object.values(this.#tables)]);
  }

  // The final hidden state, [batch * time, dim].
  #hidden(tokens: tf.Tensor2D, router: RouterLosses = { balance: [], z: [] }, visit?: Visit): tf.Tensor2D {
    const time = tokens.shape[1];
    const tables = time === this.options.context ? this.#tables : firstPositions(this.#tables, time);
    const branches = createBranches(this.options, this.weights, tables, router);
    const embedding = this.weights['embed_tokens.weight'] as tf.Tensor as tf.Tensor2D;
    return this.#joints.run(gatherRows(embedding, tf.reshape(tokens, [tokens.size])), branches, visit);
  }

  #unembed(hidden: tf.Tensor2D): tf.Tensor2D {
    // At first the sum of the n streams is n times the state of the residual model. Multiplying epsilon by n^2 makes the norm give
    // the same result.
    const epsilon = this.options.normEpsilon * this.#joints.outputScale ** 2;
    const gain = this.weights['norm.weight'] as tf.Tensor as tf.Tensor1D;
    return linear(rmsNorm(hidden, gain, epsilon), this.weights['lm_head.weight'] as tf.Tensor as tf.Tensor2D);
  }

  #check(method: string, name: string, tokens: unknown): void {
    this.#alive(method);
    checkTokens(`LanguageModel.${method}`, name, tokens, this.options);
  }

  #alive(method: string): void {
    if (!this.#disposed) return;
    throw new FracConnectionsError('ERR_DISPOSED', `LanguageModel.${method}: the model has been disposed`);
  }
}
