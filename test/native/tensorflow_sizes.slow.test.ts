import { afterAll, describe, test } from 'vitest';
import { setPath } from '../../lib/paths/runtime.js';
import { addon } from './addon.js';
import { expectAsFallback, SIZES, settings } from './chain.js';

describe.runIf(addon)('the ops inside TensorFlow compute what the fallback computes', () => {
  afterAll(() => setPath('auto'));

  test.each(SIZES)('%i streams, %i fractions', (streams, fractions) => {
    for (const each of settings(streams, fractions, 12)) expectAsFallback(each);
  });
});
