// A training step of the reference model on TensorFlow, residual against Frac-Connections: tokens a second as medians of
// interleaved steps in one process, and the memory that a step takes, each wiring in a fresh process.
//
//   node bench/train.mjs [--wirings residual,sfc1,dfc4] [--dim 256] [--layers 6] [--heads 4] [--batch 8] [--context 256]
//                        [--steps 9] [--backend tensorflow|cpu] [--json FILE]
//
// `residual` is x + f(norm(x)) of tfjs ops; `sfc1`, static with one fraction, is a residual network's arithmetic on the native
// kernels, and so tells what connections cost apart from what kernels gain. Ratios are to the first wiring.
//
// A step is the trainer's: batch, forward, backward, gradient norm, AdamW. The first is dropped. Memory is the highest resident
// size of the process during three steps (VmHWM, Linux) less its resident size before the first (VmRSS): what is alive and
// what TensorFlow keeps for the next step, without model and libraries. The median of three processes.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { nativeInfo, runtimeInfo } from 'frac-connections';
import { LanguageModel, openData, Trainer } from 'frac-connections/models';

const { values } = parseArgs({
  options: {
    wirings: { type: 'string', default: 'residual,sfc1,dfc4' },
    dim: { type: 'string', default: '256' },
    layers: { type: 'string', default: '6' },
    heads: { type: 'string', default: '4' },
    batch: { type: 'string', default: '8' },
    context: { type: 'string', default: '256' },
    steps: { type: 'string', default: '9' },
    backend: { type: 'string', default: 'tensorflow' },
    json: { type: 'string' },
    memory: { type: 'string' }, // a wiring: the child process that measures its memory
  },
});
const number = name => Number(values[name]);
const sizes = Object.fromEntries(['dim', 'layers', 'heads', 'batch', 'context'].map(n => [n, number(n)]));
const steps = number('steps');
const wirings = values.wirings.split(',');

/** 'residual', or as in the command line's `--wirings`: sfc4, dfc4, shc2, dhc2. */
function wiringOf(name) {
  if (name === 'residual') return { kind: 'residual' };
  const [, dynamic, kind, rate] = /^([sd])([fh])c(\d+)$/.exec(name) ?? [];
  if (!kind) throw new Error(`bench/train.mjs: a wiring must be residual, sfc4, dfc4, ..., got ${name}`);
  return { kind: kind === 'f' ? 'frac' : 'hyper', rate: Number(rate), dynamic: dynamic === 'd' };
}

const median = list => [...list].sort((a, b) => a - b)[list.length >> 1];

async function makeTrainer(name, data) {
  const { dim, layers, heads, context, batch } = sizes;
  const model = new LanguageModel({ vocabSize: 256, dim, layers, heads, context, wiring: wiringOf(name) });
  return new Trainer(model, { data, steps: 1000, batchSize: batch, evalEvery: 0, checkpointEvery: 0 });
}

const advance = async trainer => {
  const start = performance.now();
  await trainer.train({ until: trainer.step + 1 });
  return performance.now() - start;
};

/** Megabytes by the name that Linux gives them. */
function status(name) {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(kilobytes[1]) / 1024;
}

async function measureMemory(name, data) {
  const trainer = await makeTrainer(name, data);
  const before = status('VmRSS');
  for (let i = 0; i < 3; i++) await advance(trainer);
  return { before, peak: status('VmHWM') };
}

function memoryOf(name) {
  if (!existsSync('/proc/self/status')) return undefined;
  const given = process.argv.slice(2).filter((each, i, all) => each !== '--json' && all[i - 1] !== '--json');
  const args = [fileURLToPath(import.meta.url), ...given, '--memory', name];
  const runs = Array.from({ length: 3 }, () => {
    const { stdout, stderr, status: code } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (code !== 0) throw new Error(`${name}: ${stderr}`);
    return JSON.parse(stdout.trim().split('\n').at(-1));
  });
  return {
    step: median(runs.map(({ before, peak }) => peak - before)),
    peak: median(runs.map(each => each.peak)),
  };
}

async function measureSpeed(data) {
  const trainers = {};
  for (const name of wirings) trainers[name] = await makeTrainer(name, data);
  const taken = Object.fromEntries(wirings.map(name => [name, []]));
  for (let i = -1; i < steps; i++) {
    for (const name of wirings) {
      const ms = await advance(trainers[name]);
      if (i >= 0) taken[name].push(ms);
    }
  }
  return Object.fromEntries(
    wirings.map(name => [name, { ms: median(taken[name]), parameters: trainers[name].model.parameters() }]),
  );
}

async function measureAll(data) {
  const { path } = runtimeInfo();
  const native = nativeInfo();
  const simd = native.available ? `, ${native.simd.target}, ${native.threads} threads` : '';
  const machine = `${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`;
  console.log(
    `${new Date().toISOString().slice(0, 10)}, ${machine}; Node ${process.version}; path ${path}${simd}`,
  );
  const memory = Object.fromEntries(wirings.map(name => [name, memoryOf(name)]));
  const speed = await measureSpeed(data);
  const [first] = wirings;
  const rows = wirings.map(name => ({
    wiring: name,
    parameters: speed[name].parameters,
    msPerStep: Math.round(speed[name].ms),
    tokensPerSecond: Math.round((1e3 * sizes.batch * sizes.context) / speed[name].ms),
    speedRatio: Number((speed[first].ms / speed[name].ms).toFixed(3)),
    stepMegabytes: memory[name] && Math.round(memory[name].step),
    memoryRatio: memory[name] && Number((memory[name].step / memory[first].step).toFixed(3)),
    peakMegabytes: memory[name] && Math.round(memory[name].peak),
  }));
  console.table(rows);
  if (values.json) {
    const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
    const date = new Date().toISOString().slice(0, 10);
    const command = `node bench/train.mjs ${process.argv.slice(2).join(' ')}`;
    const result = { command, commit, date, machine, versions, path: `${path}${simd}`, sizes, steps, rows };
    writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  }
}

const versions = { node: process.version, tfjs: tf.version_core };
if (values.backend === 'tensorflow') {
  const { tensorflowInfo } = await import('frac-connections/tensorflow');
  versions.tensorflow = tensorflowInfo().tensorflowVersion;
}
if (values.backend !== 'tensorflow')
  await import('@tensorflow/tfjs').then(() => tf.setBackend(values.backend));
await tf.ready();
const data = await openData(undefined, { context: sizes.context }); // the book that the checkout has
if (values.memory) console.log(JSON.stringify(await measureMemory(values.memory, data)));
else await measureAll(data);
