import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { addon } from '../native/addon.js';
import { binary, emulated, root } from './machine.js';

/** Runs a program that has the built entry as `fc`; `say` adds to what is returned. */
function child(program: string, flags: string[] = [], env: Record<string, string> = {}): unknown[] {
  const code = `
    import { createRequire } from 'node:module';
    import { setTimeout } from 'node:timers/promises';
    import * as fc from '${root}/dist/esm/cuda/index.js';
    const require = createRequire('${root}/package.json');
    const said = [];
    const say = value => said.push(value);
    ${program}
    console.log(JSON.stringify(said));`;
  const { stdout, stderr, status, signal } = spawnSync(
    process.execPath,
    [...flags, '--input-type=module', '-e', code],
    { encoding: 'utf8', cwd: root, env: { ...process.env, ...env }, timeout: 200_000 },
  );
  if (status !== 0) throw new Error(`the child ended with ${signal ?? status}: ${stderr}`);
  return JSON.parse(stdout) as unknown[];
}
const OPEN = `
  const { cuda, emulator } = require('${binary}');
  const device = fc.CudaDevice.openWith(cuda);`;

describe.runIf(emulated)('in a process of its own', () => {
  test('what is forgotten is freed', () => {
    const got = child(
      `${OPEN}
      const kept = device.zeros([4]);
      const forget = () => {
        for (let i = 0; i < 100; i++) device.zeros([4]);
        device.createStream().record();
        device.capture(device.stream, () => kept.zero());
      };
      forget();
      await device.synchronize();
      say(emulator.live().device);
      for (let i = 0; i < 50 && emulator.live().device > 1; i++) {
        gc();
        await setTimeout(10);
      }
      const { device: buffers, streams, events, graphs } = emulator.live();
      say({ buffers, streams, events, graphs });
      say([...await kept.download()]);`,
      ['--expose-gc'],
    );
    expect(got).toEqual([101, { buffers: 1, streams: 1, events: 0, graphs: 0 }, [0, 0, 0, 0]]);
  });

  test('a process ends by itself with work under way and nothing disposed of', () => {
    expect(
      child(`${OPEN}
      const tensor = device.zeros([1000]);
      tensor.download();
      device.stream.record();
      say('ended');`),
    ).toEqual(['ended']);
  });

  test('threads have devices of their own, which go with them, even in the middle of a copy', () => {
    const worker = `
      const { cuda, emulator } = require('${binary}');
      const { parentPort, workerData } = require('node:worker_threads');
      const stream = cuda.createStream(0);
      const buffer = cuda.allocate(0, 4000);
      const copy = () => cuda.download(stream, 0, buffer, 0).then(copy);
      for (let i = 0; i < 4; i++) copy();
      let foreign;
      try { cuda.zero(stream, workerData); } catch (error) { foreign = error.message; }
      parentPort.postMessage(foreign);`;
    const got = child(`${OPEN}
      const { Worker } = await import('node:worker_threads');
      const tensor = device.zeros([4]);
      const start = () => new Promise((done, failed) => {
        const worker = new Worker(${JSON.stringify(worker)}, {
          eval: true, execArgv: [], workerData: tensor.handle('', ''),
        });
        worker.on('error', failed);
        worker.on('message', async said => {
          await setTimeout(20);
          await worker.terminate();
          done(said);
        });
      });
      for (const said of await Promise.all([start(), start(), start()])) say(said);
      const { device: buffers, streams } = emulator.live();
      say({ buffers, streams });
      say([...await tensor.download()]);`);
    const foreign = 'zero: buffer must not be disposed, nor be of another thread';
    expect(got).toEqual([foreign, foreign, foreign, { buffers: 1, streams: 1 }, [0, 0, 0, 0]]);
  });

  test('bytes of the host do not grow over 20,000 calls', () => {
    const [growth] = child(
      `${OPEN}
      const options = { dim: 8, fractions: 2, dynamicAlpha: false, dynamicBeta: false };
      const h = device.zeros([4, 8]);
      const weights = { staticAlpha: device.zeros([2, 4]), staticBeta: device.zeros([2]) };
      const out = fc.fracWidth(h, weights, options);
      const step = async () => {
        for (let i = 0; i < 100; i++) out.alpha.zero();
        fc.fracWidth(h, weights, options, { out });
        await out.x.download();
      };
      for (let i = 0; i < 20; i++) await step();
      gc();
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 200; i++) await step();
      gc();
      say((process.memoryUsage().rss - before) / 1e6);`,
      ['--expose-gc'],
    ) as [number];
    expect(growth).toBeLessThan(15); // a kilobyte a call would be 20
  });
});

describe('the entry', () => {
  test('takes nothing of tfjs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'frac-connections-cuda-'));
    const { metafile } = await build({
      entryPoints: [join(root, 'lib', 'cuda', 'index.ts')],
      ...{ bundle: true, format: 'esm', platform: 'node', metafile: true, outfile: join(folder, 'out.mjs') },
      external: ['@tensorflow/*', 'node-gyp-build'],
    });
    rmSync(folder, { recursive: true });
    const imports = Object.values(metafile.outputs).flatMap(output => output.imports.map(each => each.path));
    expect([...new Set(imports)].filter(name => name.startsWith('@tensorflow'))).toEqual([]);
    expect(imports).toContain('node:module');
  });

  test('without the addon says so, in ES modules and CommonJS', () => {
    const got = child(
      `say(fc.cudaInfo());
      const again = require('frac-connections/cuda');
      say(again.cudaInfo().code);
      try { fc.CudaDevice.open(); } catch (error) { say([error.name, error.code, error.message]); }`,
      [],
      { FRAC_CONNECTIONS_NATIVE: 'off' },
    );
    const reason = 'there is no native addon: FRAC_CONNECTIONS_NATIVE is off';
    expect(got).toEqual([
      { available: false, code: 'addon', reason, devices: [] },
      'addon',
      ['FracConnectionsError', 'ERR_CUDA', `CudaDevice.open: ${reason}`],
    ]);
  });

  test.runIf(addon)('with the addon tells what there is, and agrees with itself', () => {
    const [info, error, devices] = child(`
      const info = fc.cudaInfo();
      say(info);
      try { say(fc.CudaDevice.open().properties); } catch (error) { say([error.code, error.message]); }
      say(info.devices.length);`) as [Record<string, unknown>, unknown, number];
    if (info.available) {
      expect(devices).toBeGreaterThan(0);
    } else {
      expect(info.code).toMatch(/^(build|driver|driver-version|device|capability|error)$/);
      expect(error).toEqual(['ERR_CUDA', `CudaDevice.open: ${info.reason}`]);
      if (addon!.cuda === undefined) expect(info.code).toBe('build');
    }
  });
});
