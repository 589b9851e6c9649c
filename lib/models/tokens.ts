import * as tf from '@tensorflow/tfjs-core';
import { show } from '../common/check.js';
import { FracConnectionsError } from '../common/errors.js';

/**
 * Throws unless `tokens` is a live int32 tensor `[batch, time]` of 1 or more sequences of 1 to `context` tokens, all below
 * `vocabSize`. It checks the values because for a wrong token a backend may fail, return zeros, or return garbage.
 */
export function checkTokens(
  fn: string,
  name: string,
  tokens: unknown,
  limits: { context: number; vocabSize: number },
): asserts tokens is tf.Tensor2D {
  if (!(tokens instanceof tf.Tensor)) {
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be a tf.Tensor, got ${show(tokens)}`);
  }
  if (tokens.isDisposed)
    throw new FracConnectionsError('ERR_DISPOSED', `${fn}: ${name} must not be disposed`);
  if (tokens.dtype !== 'int32') {
    throw new FracConnectionsError('ERR_DTYPE', `${fn}: ${name} must be int32, got ${tokens.dtype}`);
  }
  const [batch, time] = tokens.shape;
  const { context, vocabSize } = limits;
  if (tokens.rank !== 2 || batch! < 1 || time! < 1 || time! > context) {
    const rule = `must be [batch, time] with batch 1 or more and time from 1 to ${context}`;
    throw new FracConnectionsError('ERR_SHAPE', `${fn}: ${name} ${rule}, got [${tokens.shape}]`);
  }
  const bad = tokens.dataSync().find(token => !(token >= 0 && token < vocabSize));
  if (bad !== undefined) {
    throw new FracConnectionsError(
      'ERR_DATA',
      `${fn}: ${name} must be from 0 to ${vocabSize - 1}, got ${bad}`,
    );
  }
}
