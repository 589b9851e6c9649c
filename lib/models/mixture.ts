import * as tf from '@tensorflow/tfjs-core';
import { linear } from './attention.js';
import { checkpoint } from './checkpoint.js';
import { feedForward } from './feed_forward.js';
import { type Routing, route } from './routing.js';
import { gatherRows, scatterRows } from './rows.js';

/** The weights of one Mixture-of-Experts layer with E experts; matrices are `[out, in]`. */
export interface MixtureWeights {
  /** `[E, dim]` */
  router: tf.Tensor2D;
  /** `[E, ffnDim, dim]` */
  gate: tf.Tensor3D;
  /** `[E, ffnDim, dim]` */
  up: tf.Tensor3D;
  /** `[E, dim, ffnDim]` */
  down: tf.Tensor3D;
}

/** The result of a Mixture-of-Experts layer: the output `[N, dim]` and the routing. */
export interface MixtureOutput {
  y: tf.Tensor2D;
  routing: Routing;
}

/**
 * A sparse layer of SwiGLU experts (OLMoE): `y = sum over the k chosen experts e of p_e expert_e(x)`. It drops no
 * token, and skips experts without tokens.
 *
 * @param x `[N, dim]`
 * @param k experts per token
 * @param recompute whether the backward pass computes the experts' hidden values again instead of keeping them
 */
export function mixture(x: tf.Tensor2D, w: MixtureWeights, k: number, recompute = false): MixtureOutput {
  const routing = route(linear(x, w.router), k);
  const inputs = [x, routing.gates, w.gate, w.up, w.down];
  const run = (inputs: tf.Tensor[], constants: tf.Tensor[]) =>
    runExperts(inputs, constants[0] as tf.Tensor1D, routing.load);
  const y = recompute ? checkpoint(run, inputs, [routing.tokens]) : run(inputs, [routing.tokens]);
  return { y, routing };
}

function runExperts(inputs: tf.Tensor[], tokens: tf.Tensor1D, load: number[]): tf.Tensor2D {
  const [x, gates, ...weights] = inputs as [tf.Tensor2D, tf.Tensor2D, ...tf.Tensor3D[]];
  const [gate, up, down] = weights.map(unstack) as [tf.Tensor2D[], tf.Tensor2D[], tf.Tensor2D[]];
  const used = load.flatMap((count, expert) => (count > 0 ? [expert] : []));
  const rows = gatherRows(x, tokens);
  const sizes = used.map(expert => load[expert]!);
  const parts = used.length === 1 ? [rows] : tf.split(rows, sizes);
  const outputs = used.map((e, i) =>
    feedForward(parts[i] as tf.Tensor2D, { gate: gate[e]!, up: up[e]!, down: down[e]! }),
  );
  return scatterRows(tf.mul(tf.concat(outputs, 0), gates), tokens, x.shape[0]);
}

// The gradients of unstack and split in tfjs fail if there is only one part.
function unstack(w: tf.Tensor3D): tf.Tensor2D[] {
  const [experts, rows, columns] = w.shape;
  return experts === 1 ? [tf.reshape(w, [rows, columns])] : (tf.unstack(w) as tf.Tensor2D[]);
}
