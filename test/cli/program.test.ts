import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../lib/cli/diagnosis.js';
import { backend, commandLine } from './support.js';

const { file, folder, run, start, startWith, tiny } = commandLine();

describe('help', () => {
  test('lists commands and examples; without arguments too', async () => {
    const [bare, asked] = await Promise.all([run(), run('--help')]);
    expect(bare).toEqual(asked);
    expect(asked.code).toBe(0);
    for (const word of ['train', 'compare', 'sample', 'doctor', 'Examples:', 'Exit codes']) {
      expect(asked.stdout).toContain(word);
    }
  });

  test.each(['train', 'compare', 'sample', 'doctor'])('%s --help says every option', async command => {
    const { code, stdout, stderr } = await run(command, '--help');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const spec = await import('../../lib/cli/spec.js');
    const lists = {
      train: spec.trainSpec,
      compare: spec.compareSpec,
      sample: spec.sampleSpec,
      doctor: spec.doctorSpec,
    };
    for (const option of lists[command as keyof typeof lists]) expect(stdout).toContain(option.flags);
  });

  test('--version is the package version', async () => {
    const { stdout } = await run('--version');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\S*\n$/);
  });
});

describe('the built command', () => {
  test('writes to stdout and stderr, and ends with the exit code', async () => {
    const [good, bad] = await Promise.all([start('--help').ended, start('trian').ended]);
    expect(good).toEqual({ ...(await run('--help')), code: 0 });
    expect(bad).toEqual({ ...(await run('trian')), code: 2 });
  });
});

describe('wrong usage: exit code 2, one line, nothing made', () => {
  const config = (name: string, content: string) => file(name, content);
  test.each([
    ['an unknown command', ['trian'], /unknown command 'trian' \(Did you mean train\?\)/],
    ['an unknown option', ['train', '--stpes', '4'], /unknown option '--stpes' \(Did you mean --steps\?\)/],
    ['a missing value', ['train', '--steps'], /--steps <n>' argument missing/],
    ['an argument too many', ['train', 'this'], /too many arguments/],
    ['a missing argument', ['sample'], /missing required argument 'run'/],
    ['a bad wiring', ['train', '--wiring', 'gfc4'], /--wiring must be residual, sfc.*got 'gfc4'/],
    [
      'an ablation of a static wiring',
      ['train', '--wiring', 'sfc', '--no-tanh'],
      /no-tanh is only for the dynamic/,
    ],
    [
      'a number that is none',
      ['train', '--steps', 'many'],
      /--steps must be a whole number, 1 or more, got "many"/,
    ],
    [
      'a fraction of a step',
      ['train', '--steps', '1.5'],
      /--steps must be a whole number, 1 or more, got "1\.5"/,
    ],
    ['an empty number', ['train', '--lr', ''], /--lr must be a number above 0, got ""/],
    ['no learning', ['train', '--lr', '0'], /--lr must be a number above 0, got "0"/],
    ['an infinite rate', ['train', '--lr', 'Infinity'], /--lr must be a number above 0/],
    ['a bad choice', ['train', '--tokenizer', 'word'], /--tokenizer must be byte or gpt2, got "word"/],
    [
      'a bad backend',
      ['sample', 'x', '--backend', 'gpu'],
      /--backend must be auto, tensorflow or cpu, got "gpu"/,
    ],
    [
      'a width that heads do not divide',
      [...['train', ...tiny], '--dim', '9'],
      /dim must be a multiple of 2 \* heads/,
    ],
    ['no minutes', ['train', '--minutes', '0'], /--minutes must be a number above 0, got "0"/],
    ['minutes that are none', ['compare', '--minutes', 'x'], /--minutes must be a number above 0, got "x"/],
    [
      'minutes and steps',
      ['compare', '--minutes', '3', '--steps', '100'],
      /--minutes and --steps cannot both be given/,
    ],
    [
      'minutes and steps of a file',
      ['train', '--minutes', '3', '--config', config('steps.json', '{"steps": 3}')],
      /--minutes and --steps cannot both be given/,
    ],
    [
      'minutes of a resumed run',
      ['train', '--minutes', '3', '--resume', 'a'],
      /--minutes cannot be given with --resume/,
    ],
    ['resume with out', ['train', '--resume', 'a', '--out', 'b'], /leave out --out/],
    ['a missing file', ['train', '--config', 'none.json'], /none\.json cannot be read: ENOENT/],
    ['bad JSON', ['train', '--config', config('bad.json', '{"steps": 3')], /bad\.json is not JSON/],
    [
      'JSON that is no object',
      ['train', '--config', config('list.json', '[1]')],
      /must contain one JSON object/,
    ],
    [
      'an unknown key',
      ['train', '--config', config('key.json', '{"steps": 3, "stpes": 4}')],
      /key\.json: unknown option 'stpes'; the options are wiring, rate, /,
    ],
    [
      'a key of the command line alone',
      ['train', '--config', config('resume.json', '{"resume": "x"}')],
      /unknown option 'resume'/,
    ],
    [
      'a bad value in a file',
      ['train', '--config', config('value.json', '{"steps": "3"}')],
      /value\.json: steps must be a whole number, 1 or more, got "3"/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    const last = stderr.trim().split('\n').at(-1) as string;
    expect(last).toMatch(message);
    expect(last).toMatch(/^frac-connections: /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
    expect(existsSync(path.join(folder, 'runs'))).toBe(false);
  });
});

describe('bad data: exit code 1, one line, nothing made', () => {
  test.each([
    ['missing', () => 'nothing-here.txt', /nothing-here\.txt/],
    ['empty', () => file('empty.txt', ''), /empty\.txt.*empty/],
    [
      'binary',
      () => file('binary.bin', Uint8Array.of(104, 105, 0, 255)),
      /binary\.bin is not a text file.* offset 2/,
    ],
    ['too short', () => file('short.txt', 'too short'), /short\.txt is too short: 9 tokens; context 8 needs/],
    [
      'a folder without text',
      () => {
        mkdirSync(path.join(folder, 'hollow'), { recursive: true });
        writeFileSync(path.join(folder, 'hollow', '.hidden'), 'x');
        return path.join(folder, 'hollow');
      },
      /hollow/,
    ],
  ])('%s', async (_, make, message) => {
    const args = ['--data', make(), '--quiet', '--out', 'never'];
    const { code, stderr } = await run('train', ...tiny, ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
    expect(existsSync(path.join(folder, 'never'))).toBe(false);
  });

  test('--debug shows the stack', async () => {
    const { stderr } = await run('train', ...tiny, '--data', 'nothing-here.txt', '--debug');
    expect(stderr).toMatch(/\n {4}at /);
  });
});

describe('doctor', () => {
  test('tells people', async () => {
    const { code, stdout } = await start('doctor').ended;
    expect(code).toBe(0);
    expect(stdout).toContain(process.version);
    expect(stdout).toMatch(/backend cpu +ops take the path '/);
  });

  test('tells programs', async () => {
    const { code, stdout } = await start('doctor', '--json').ended;
    expect(code).toBe(0);
    const found = JSON.parse(stdout) as Diagnosis;
    expect(found.verdict).toMatchObject({
      backend: found.backends[0]!.backend,
      path: found.backends[0]!.path,
    });
    expect(found.folder).toBe(path.resolve(import.meta.dirname, '../..'));
    expect(found.node).toBe(process.version);
    expect(found.packages['@tensorflow/tfjs-core']).toMatch(/^4\./);
    const names = found.backends.map(info => info.backend);
    expect(names).toContain(backend);
    for (const info of found.backends) {
      expect(info.path).toBeTypeOf('string');
      for (const other of info.notTaken) expect(other.reason).not.toBe('');
    }
  });
});

// As on a machine without it; that takes no TensorFlow to see.
describe('without TensorFlow', () => {
  const off = { FRAC_CONNECTIONS_TENSORFLOW: 'off' };

  test('--backend auto takes the JavaScript backend and says why', async () => {
    const args = ['train', ...tiny, '--backend', 'auto', '--out', 'without'];
    const { code, stderr } = await startWith(off, ...args).ended;
    expect(stderr.split('\n')[1]).toMatch(
      /^Backend: pure JavaScript \(tfjs 4\.\S+\), no TensorFlow: FRAC_CONNECTIONS_TENSORFLOW is off/,
    );
    expect(code).toBe(0);
  });

  test('--backend tensorflow fails with the reason', async () => {
    const { code, stderr } = await startWith(off, 'train', ...tiny, '--backend', 'tensorflow').ended;
    expect(stderr).toMatch(/^frac-connections: --backend tensorflow: .*is off.*doctor\n$/);
    expect(code).toBe(1);
  });

  test('doctor gives the reason and what to type', async () => {
    const { code, stdout } = await startWith(off, 'doctor').ended;
    expect(stdout).toContain('- FRAC_CONNECTIONS_TENSORFLOW is off');
    expect(stdout).toContain('to use it, run unset FRAC_CONNECTIONS_TENSORFLOW');
    expect(stdout.split('\n')[0]).toMatch(
      /^ops run on the path '\w+' of the backend 'cpu': .*; faster with /,
    );
    expect(code).toBe(0);
  });
});
