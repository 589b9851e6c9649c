import { afterEach, describe, expect, it } from 'vitest';
import { startContender } from '../../bench/harness/contender.mjs';
import { startRun } from '../../bench/harness/run.mjs';
import { chooseContenders, compositionOf, takesThreads } from '../../bench/ops/contenders.mjs';
import { measureShape, openContenders } from '../../bench/ops/measure.mjs';
import { parseShape } from '../../bench/ops/shapes.mjs';
import { cudaInfo } from '../../lib/cuda/info.js';
import { emulated } from '../cuda/machine.js';
import { addon } from '../native/addon.js';

const EMULATED = new URL('emulated_contender.mjs', import.meta.url);
const REAL = new URL('../../bench/ops/cuda_contender.mjs', import.meta.url);
const ALL = ['width', 'depth', 'depth_width', 'read', 'depth_read', 'connection', 'residual'];
const AWKWARD = parseShape('5x15:dfc3p');

const open: { close(): Promise<unknown> }[] = [];
afterEach(() => Promise.all(open.splice(0).map(each => each.close())));

/** A contender that ends with the test. */
function start(url: URL, env: Record<string, string> = {}) {
  const contender = startContender(url, env);
  open.push(contender);
  return contender;
}

describe('cuda among the contenders', () => {
  it('is a path of its own, on no backend of tfjs: neither threads nor a composition are its', () => {
    expect(chooseContenders(['cuda'])).toEqual(['cuda']);
    expect(chooseContenders(['all'])).toContain('cuda');
    expect(takesThreads('cuda')).toBe(false);
    expect(compositionOf('cuda')).toBeUndefined(); // so scaling and models leave it out
  });
});

describe('a contender with a copy of its own', () => {
  it('is held against that one, not the host’s', async () => {
    const answers: Record<string, object> = {
      ...{ open: { versions: {}, copies: true }, prepare: {}, forward: { forward: 100 }, copy: { copy: 40 } },
    };
    const rows = await measureShape({
      ...{ shape: parseShape('512x512:sfc4'), ops: ['width'], passes: ['forward'], names: ['cuda'] },
      ...{ threads: 1, loop: { run: () => 1, best: () => 1 }, budget: 0.01, most: 5, tell: () => undefined },
      start: () => ({ ask: async (name: string) => answers[name], close: async () => undefined }),
    });
    // A width moves a row in and a row out, as the copy does of twice as many: 2 of 4.
    expect(rows).toHaveLength(1);
    expect(rows[0]!.percentOfCopy).toBeCloseTo(20);
  });
});

describe('without a device', () => {
  const without = (reason: string) =>
    expect(
      openContenders(['cuda'], 1, () => start(REAL, { FRAC_CONNECTIONS_NATIVE: 'off' })),
    ).resolves.toEqual({ present: {}, absent: { cuda: reason } });

  it('is absent with the reason', () => without('there is no native addon: FRAC_CONNECTIONS_NATIVE is off'));

  const info = cudaInfo();
  it.skipIf(info.available)('is absent with the reason that this machine has', async () => {
    const { absent } = await openContenders(['cuda'], 1, () => start(REAL));
    expect(absent).toEqual({ cuda: info.available ? '' : info.reason });
  });
});

describe.runIf(emulated)('on an emulated device', () => {
  it('is absent if the general variant replaces the common ones, since it would be measured instead', async () => {
    const env = { FRAC_EMULATED_NO_CODE: '209' };
    const lacks = /^this addon has no machine code for device 0 \(Emulated device 0, CUDA error /;
    const found = await openContenders(['cuda'], 1, () => start(EMULATED, env));
    expect(found).toEqual({ present: {}, absent: { cuda: expect.stringMatching(lacks) } });
  });

  it('opens, checks itself and times every op', async () => {
    const contender = start(EMULATED);
    expect(await contender.ask('open', { name: 'cuda', threads: 2 })).toEqual({
      copies: true,
      versions: {
        ...{ device: 'Emulated device 0', computeCapability: '9.0' },
        ...{ cudaDriver: '13.0', cudaRuntime: '13.0' },
      },
    });
    await contender.ask('prepare', { shape: AWKWARD, ops: ALL });
    const positive = expect.toSatisfy((us: number) => Number.isFinite(us) && us > 0);
    for (const op of ALL.filter(each => each !== 'residual'))
      for (const calls of [1, 2]) {
        expect(await contender.ask('forward', { op, calls })).toEqual({ forward: positive });
        const { backward, both } = (await contender.ask('backward', { op, calls })) as Record<string, number>;
        expect([backward, both]).toEqual([positive, positive]);
      }
    expect(await contender.ask('copy', { floats: 1000 })).toEqual({ copy: positive });
  });

  it.each(['4x16:sfc2', '300x8:dfc2', '3x12:djc2x4p', '6x10:shc2p'])(
    'agrees with the composition on %s',
    async word => {
      const contender = start(EMULATED);
      await contender.ask('open');
      await expect(contender.ask('prepare', { shape: parseShape(word), ops: ALL })).resolves.toBeUndefined();
    },
  );

  const expectStop = (wrong: string, shape: typeof AWKWARD, message: RegExp) =>
    expect(
      measureShape({
        ...{ shape, ops: ALL, passes: ['forward'], names: ['cuda'] },
        ...{
          threads: 1,
          loop: { run: () => 1, best: () => 1 },
          budget: 0.01,
          most: 5,
          tell: () => undefined,
        },
        start: () => start(EMULATED, { BENCH_TEST_WRONG: wrong }),
      }),
    ).rejects.toThrow(message);

  it('stops the run at a reference case that is wrong', () =>
    expectStop('state', AWKWARD, /^Error: \S+, gradient h: error must be at most /));

  it('stops the run at a shape whose results are wrong', () =>
    expectStop(
      'size',
      { ...AWKWARD, tokens: 7 },
      /^Error: depth, forward 0: error must be at most \S+, got NaN/,
    ));

  it.runIf(addon)('stops the run where only many tokens are wrong', () =>
    expectStop(
      'size',
      { ...AWKWARD, tokens: 300 },
      /^Error: depth, all tokens, forward 0: error must be at most \S+, got NaN/,
    ),
  );

  it('has rows of its ops, over a copy of its own', async () => {
    const run = startRun();
    try {
      const rows = await measureShape({
        ...{ shape: parseShape('40x64:sfc2'), ops: ['depth', 'residual'], passes: ['forward', 'both'] },
        ...{ names: ['cuda'], threads: 2, loop: run.loop, budget: 0.01, most: 5 },
        tell: () => undefined,
        start: () => start(EMULATED),
      });
      const common = { op: 'depth', path: 'cuda', threads: null, ofComposition: null, ofResidual: null };
      expect(run.judge('ops', rows)).toMatchObject([
        { ...common, pass: 'forward' },
        { ...common, pass: 'both' },
      ]);
    } finally {
      run.close();
    }
  });
});
