// The process of one contender: its backend and path, the tensors of one shape, one sample per call. See
// harness/child.mjs.
import * as tf from '@tensorflow/tfjs-core';
import { evict } from '../harness/cache.mjs';
import { openBackend, synchronise } from './backends.mjs';
import { gradients, makeCases } from './cases.mjs';
import { checkCase, checkFixtures } from './check.mjs';
import { CONTENDERS } from './contenders.mjs';

let path;
let cases;

export async function open({ name, threads }) {
  path = CONTENDERS[name].path;
  return openBackend({ name, threads });
}

/**
 * Checks the reference cases, makes the tensors of a shape and checks its results, if `checked` is given on only so
 * many tokens.
 */
export async function prepare({ shape, ops, checked = shape.tokens }) {
  await checkFixtures();
  const few = { ...shape, tokens: Math.min(checked, shape.tokens) };
  const fused = path !== 'fallback';
  cases = makeCases(few, ops, { fused });
  if (fused) for (const [name, each] of Object.entries(cases)) checkCase(name, each, path);
  if (few.tokens !== shape.tokens) cases = makeCases(shape, ops, { fused });
}

/** Microseconds of one forward call. */
export const forward = ({ op, calls }) => ({
  forward: calls > 1 ? many(calls, () => tf.tidy(() => void run(op))) : once(op),
});

const run = op => cases[op].run(cases[op].inputs);
const clock = () => 1e3 * performance.now();

function many(calls, call) {
  const start = clock();
  for (let i = 0; i < calls; i++) call();
  return (clock() - start) / calls;
}

/** Evicts the cache and collects garbage, so that every sample starts in the same state of memory. */
function clear() {
  globalThis.gc();
  evict();
}

function once(op) {
  clear();
  return tf.tidy(() => {
    const start = clock();
    synchronise(run(op));
    return clock() - start;
  });
}

/** Microseconds of a backward pass through the tape, and of both passes. */
export function backward({ op, calls }) {
  let [between, turn] = [0, 0];
  const keepOut = calls > 1 ? () => undefined : clear;
  const atTurn = outputs => {
    synchronise(outputs);
    const end = clock();
    keepOut();
    turn = clock();
    between += turn - end;
  };
  let back = 0;
  const call = () =>
    tf.tidy(() => {
      synchronise(gradients(cases[op], atTurn));
      back += clock() - turn;
    });
  keepOut();
  const all = many(calls, call);
  return { backward: back / calls, both: all - between / calls };
}

/** Bytes of tensors that a forward pass keeps for the backward pass in addition to the inputs, as counted by tfjs. */
export function kept({ op }) {
  const before = tf.memory().numBytes;
  let bytes;
  tf.tidy(() => void gradients(cases[op], () => (bytes = tf.memory().numBytes - before)));
  return bytes;
}
