import * as tf from '@tensorflow/tfjs-core';
import { describe, expectTypeOf, it } from 'vitest';
import { ConnectionStack } from '../lib/connections/connection_stack.js';
import { FracConnection } from '../lib/connections/frac_connection.js';
import { expandStreams } from '../lib/connections/streams.js';
import { fracWidth, type WidthResult } from '../lib/ops/frac_width.js';

// Checked by the compiler; nothing here runs.
describe('types', () => {
  it('keep the rank, and take branches of a rank', () => {
    const use = (connection: FracConnection, stack: ConnectionStack, h: tf.Tensor3D) => {
      const branch = (x: tf.Tensor3D): tf.Tensor3D => x;
      expectTypeOf(connection.apply(h, branch)).toEqualTypeOf<tf.Tensor3D>();
      expectTypeOf(stack.apply(h, [branch, branch])).toEqualTypeOf<tf.Tensor3D>();
      expectTypeOf(connection.apply(h as tf.Tensor, x => x)).toEqualTypeOf<tf.Tensor>();
      expectTypeOf(expandStreams(h, 2)).toEqualTypeOf<tf.Tensor3D>();
      expectTypeOf(tf.tidy(() => connection.width(h))).toEqualTypeOf<WidthResult<tf.Rank.R3>>();
      // @ts-expect-error weights are not optional
      return fracWidth(h, undefined, { dim: 4 });
    };
    expectTypeOf(use).toBeFunction();
    void [FracConnection, ConnectionStack];
  });
});
