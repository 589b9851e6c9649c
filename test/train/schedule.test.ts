import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../lib/train/schedule.js';

const schedule = { learningRate: 1, minLearningRate: 0.1, warmup: 10, steps: 110 };

describe('learningRateAt', () => {
  it.each([
    [0, 0.1],
    [4, 0.5],
    [9, 1],
    [10, 1],
    [60, 0.55],
    [35, 0.1 + 0.45 * (1 + Math.SQRT1_2)],
    [85, 0.1 + 0.45 * (1 - Math.SQRT1_2)],
    [110, 0.1],
    [1000, 0.1],
  ])('at step %i is %f', (step, expected) => {
    expect(learningRateAt(step, schedule)).toBeCloseTo(expected, 12);
  });

  it('starts at the top without warm-up, and can be constant', () => {
    expect(learningRateAt(0, { ...schedule, warmup: 0 })).toBe(1);
    for (const step of [0, 50, 109]) {
      expect(learningRateAt(step, { ...schedule, warmup: 0, minLearningRate: 1 })).toBe(1);
    }
  });

  it('is all warm-up when warm-up is the whole run', () => {
    expect(learningRateAt(109, { ...schedule, warmup: 110 })).toBe(1);
    expect(learningRateAt(110, { ...schedule, warmup: 110 })).toBe(0.1);
  });
});
