import * as tf from '@tensorflow/tfjs-core';
import { Random } from '../../lib/common/random.js';
import type { TrainingData } from '../../lib/train/options.js';
import type { LossTerms, Trainable } from '../../lib/train/trainable.js';

/** A small bigram model: embedding, hidden layer, unembedding. Enough to train, small enough to be quick. */
export class StandIn implements Trainable {
  readonly weights: Record<string, tf.Variable>;
  /** Multiplies the loss; NaN makes it diverge. */
  factor = 1;

  constructor(
    readonly vocab = 32,
    readonly dim = 8,
    seed = 1,
  ) {
    const random = new Random(seed);
    const draw = (...shape: number[]) => {
      const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal() * 0.3);
      return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
    };
    this.weights = {
      embed: draw(vocab, dim),
      gain: draw(dim),
      hidden: draw(dim, dim),
      head: draw(dim, vocab),
    };
  }

  get decayWeights() {
    return [this.weights.hidden!, this.weights.head!];
  }

  get noDecayWeights() {
    return [this.weights.embed!, this.weights.gain!];
  }

  loss(tokens: tf.Tensor2D, targets: tf.Tensor2D): LossTerms {
    const { embed, gain, hidden, head } = this.weights;
    const x = tf.mul(tf.gather(embed!, tf.reshape(tokens, [-1])), tf.add(1, gain!));
    const logits = tf.matMul(
      tf.tanh(tf.matMul(x as tf.Tensor2D, hidden as unknown as tf.Tensor2D)),
      head as never,
    );
    const wanted = tf.oneHot(tf.reshape(targets, [-1]).toInt(), this.vocab);
    const loss = tf.mul(tf.neg(tf.mean(tf.sum(tf.mul(wanted, tf.logSoftmax(logits)), -1))), this.factor);
    const size = tf.mean(tf.square(logits));
    return { loss, total: tf.add(loss, tf.mul(size, 1e-3)), size } as LossTerms;
  }

  stateDict() {
    return this.weights;
  }

  loadStateDict(named: Record<string, tf.Tensor>) {
    for (const [name, weight] of Object.entries(this.weights)) {
      if (!named[name]) throw new Error(`StandIn: ${name} is missing`);
      tf.tidy(() => weight.assign(tf.clone(named[name]!)));
    }
  }

  toJSON() {
    return { vocab: this.vocab, dim: this.dim };
  }

  dispose() {
    tf.dispose(this.weights);
  }
}

/** Data in memory: random tokens of a pattern that can be learnt. */
export function patternData(context = 8, seed = 3, vocab = 32): TrainingData {
  const pattern = new Random(5);
  const text = Int32Array.from({ length: 4000 }, (_, i) =>
    i % 3 === 0 ? pattern.int(vocab) : (i * 7) % vocab,
  );
  const batch = (starts: number[]) => {
    const rows = (shift: number) => starts.map(s => [...text.subarray(s + shift, s + shift + context)]);
    return {
      tokens: tf.tensor2d(rows(0), undefined, 'int32'),
      targets: tf.tensor2d(rows(1), undefined, 'int32'),
    };
  };
  return {
    context,
    identity: { tokenizer: 'byte', context, seed, holdout: 0.05, tokens: text.length, sha256: 'pattern' },
    heldOutTokens: 200,
    batches(batchSize) {
      let random = new Random(seed);
      return {
        next: () => batch(Array.from({ length: batchSize }, () => random.int(3700))),
        state: () => random.state(),
        restore: state => {
          random = Random.fromState(state);
        },
      };
    },
    *heldOut(batchSize, count) {
      for (let i = 0; i < count; i++)
        yield batch(Array.from({ length: batchSize }, (_, j) => 3800 + i + 3 * j));
    },
  };
}
