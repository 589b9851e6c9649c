import * as tf from '@tensorflow/tfjs-core';
import { FracConnectionsError } from '../common/errors.js';

/** Settings of {@link AdamW}. */
export interface AdamWOptions {
  /** Decay of the moving average of the gradients. Default 0.9. */
  beta1?: number;
  /** Decay of the moving average of the squared gradients. Default 0.95. */
  beta2?: number;
  /** Added to the root of the second moment. Default 1e-8. */
  epsilon?: number;
}

/** Weights by name that share a weight decay. */
export interface WeightGroup {
  weights: Readonly<Record<string, tf.Variable>>;
  weightDecay: number;
}

/** Gradients by the variables' own names (`variable.name`), as `tf.variableGrads` returns them. */
export type Gradients = Readonly<Record<string, tf.Tensor | null | undefined>>;

// A slot is updated as one tensor: a large weight in its own shape, or the small weights of a group, concatenated. A tfjs op
// on TensorFlow takes at least about 10 us, and an update has 13 ops: updating a hundred small weights one by one would take
// longer than the rest of a step. Weights of this size or more are not concatenated, because the copy takes longer than it saves.
const PACKED_SIZE = 32_768;

interface Slot {
  names: string[];
  weights: tf.Variable[];
  weightDecay: number;
  packed: boolean;
  m: tf.Tensor;
  v: tf.Tensor;
}

/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101, Algorithm 2, the decay scaled by the learning
 * rate as in PyTorch):
 *
 *     m = beta1 m + (1 - beta1) g          v = beta2 v + (1 - beta2) g^2
 *     p = p (1 - lr decay) - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
 *
 * A weight without a gradient (an expert that no token chose) counts as one with gradient zero: its moments and the weight decay.
 *
 * @example
 * ```ts
 * const w = tf.variable(tf.tensor1d([1, 2]));
 * const adam = new AdamW([{ weights: { w }, weightDecay: 0.1 }]);
 * const { value, grads } = tf.variableGrads(() => w.square().sum().asScalar(), [w]);
 * adam.update(grads, 1e-3);
 * tf.dispose([value, grads]);
 * ```
 */
export class AdamW {
  /** Updates made so far. */
  steps = 0;
  private readonly slots: Slot[];
  private readonly beta1: number;
  private readonly beta2: number;
  private readonly epsilon: number;

  constructor(
    groups: readonly WeightGroup[],
    { beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8 }: AdamWOptions = {},
  ) {
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = epsilon;
    this.slots = groups.flatMap(makeSlots);
  }

  /** One update. `scale` multiplies the gradients. */
  update(gradients: Gradients, learningRate: number, scale = 1): void {
    tf.tidy(() => this.apply(this.pack(gradients), learningRate, scale));
  }

  /** Packs the gradients into few tensors, one per slot, for {@link apply}. The caller disposes them. */
  pack(gradients: Gradients): tf.Tensor[] {
    return tf.tidy(() =>
      this.slots.map(slot => {
        const all = slot.weights.map(weight => gradients[weight.name] ?? tf.zeros(weight.shape));
        return slot.packed ? flatten(all) : tf.clone(all[0]!);
      }),
    );
  }

  /** One update from packed gradients. */
  apply(packed: readonly tf.Tensor[], learningRate: number, scale = 1): void {
    const { beta1, beta2 } = this;
    this.steps++;
    // Equal to the formula above. The bias corrections are moved into the step and epsilon, which saves two ops per slot.
    const root = Math.sqrt(1 - beta2 ** this.steps);
    const step = (learningRate * root) / (1 - beta1 ** this.steps);
    tf.tidy(() => {
      const scalars = {
        beta1: tf.scalar(beta1),
        beta2: tf.scalar(beta2),
        toM: tf.scalar((1 - beta1) * scale),
        toV: tf.scalar((1 - beta2) * scale * scale),
        epsilon: tf.scalar(this.epsilon * root),
        step: tf.scalar(step),
      };
      this.slots.forEach((slot, i) => {
        const g = packed[i]!;
        const m = tf.add(tf.mul(slot.m, scalars.beta1), tf.mul(g, scalars.toM));
        const v = tf.add(tf.mul(slot.v, scalars.beta2), tf.mul(tf.square(g), scalars.toV));
        replace(slot, 'm', m);
        replace(slot, 'v', v);
        const delta = tf.mul(tf.div(m, tf.add(tf.sqrt(v), scalars.epsilon)), scalars.step);
        const old = slot.packed ? flatten(slot.weights) : slot.weights[0]!;
        const kept = slot.weightDecay === 0 ? old : tf.mul(old, 1 - learningRate * slot.weightDecay);
        assign(slot, tf.sub(kept, delta));
      });
    });
  }

  /** Both moments of every weight: `m.<name>` and `v.<name>`, in the weight's shape. New tensors; the caller disposes them. */
  stateDict(): Record<string, tf.Tensor> {
    const named: Record<string, tf.Tensor> = {};
    for (const slot of this.slots) {
      for (const part of ['m', 'v'] as const) {
        for (const [i, tensor] of unpack(slot, slot[part]).entries())
          named[`${part}.${slot.names[i]}`] = tensor;
      }
    }
    return named;
  }

  /**
   * Loads saved moments and the number of updates.
   *
   * @throws FracConnectionsError `ERR_WEIGHTS` if one is missing or has another shape; then nothing is changed
   */
  loadStateDict(named: Readonly<Record<string, tf.Tensor>>, steps: number): void {
    this.checkStateDict(named);
    tf.tidy(() => {
      for (const slot of this.slots) {
        for (const part of ['m', 'v'] as const) {
          const saved = slot.names.map(name => named[`${part}.${name}`]!);
          replace(slot, part, slot.packed ? flatten(saved) : tf.clone(saved[0]!));
        }
      }
    });
    this.steps = steps;
  }

  /** Throws the same errors as {@link loadStateDict}, but changes nothing. */
  checkStateDict(named: Readonly<Record<string, tf.Tensor>>): void {
    for (const slot of this.slots) {
      for (const [i, name] of slot.names.entries()) checkSaved(named, name, slot.weights[i]!.shape);
    }
  }

  /** Frees the moments. The weights stay. */
  dispose(): void {
    for (const slot of this.slots) tf.dispose([slot.m, slot.v]);
  }
}

function makeSlots({ weights, weightDecay }: WeightGroup): Slot[] {
  const entries = Object.entries(weights);
  const small = entries.filter(([, weight]) => weight.size < PACKED_SIZE);
  const large = entries.filter(([, weight]) => weight.size >= PACKED_SIZE);
  const slot = (members: typeof entries, packed: boolean): Slot => {
    const shape = packed ? [members.reduce((sum, [, weight]) => sum + weight.size, 0)] : members[0]![1].shape;
    const [names, variables] = [members.map(([name]) => name), members.map(([, weight]) => weight)];
    const [m, v] = [tf.keep(tf.zeros(shape)), tf.keep(tf.zeros(shape))];
    return { names, weights: variables, weightDecay, packed, m, v };
  };
  return [...(small.length > 0 ? [slot(small, true)] : []), ...large.map(member => slot([member], false))];
}

function flatten(tensors: readonly tf.Tensor[]): tf.Tensor {
  return tf.concat(tensors.map(tensor => tf.reshape(tensor, [-1])));
}

function unpack(slot: Slot, tensor: tf.Tensor): tf.Tensor[] {
  return tf.tidy(() => {
    if (!slot.packed) return [tf.clone(tensor)];
    const sizes = slot.weights.map(weight => weight.size);
    return tf.split(tensor, sizes).map((part, i) => tf.reshape(part, slot.weights[i]!.shape));
  });
}

function assign(slot: Slot, value: tf.Tensor): void {
  for (const [i, part] of (slot.packed ? unpack(slot, value) : [value]).entries())
    slot.weights[i]!.assign(part);
}

function replace(slot: Slot, part: 'm' | 'v', value: tf.Tensor): void {
  slot[part].dispose();
  slot[part] = tf.keep(value);
}

function checkSaved(named: Readonly<Record<string, tf.Tensor>>, name: string, shape: number[]): void {
  for (const key of [`m.${name}`, `v.${name}`]) {
    const saved = named[key];
    if (saved && tf.util.arraysEqual(saved.shape, shape)) continue;
    const got = saved ? `[${saved.shape}]` : 'nothing';
    throw new FracConnectionsError(
      'ERR_WEIGHTS',
      `AdamW.loadStateDict: ${key} must be [${shape}], got ${got}`,
    );
  }
}
