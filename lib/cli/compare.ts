import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { writeFileAtomic } from '../common/files.js';
import { bytes, duration, integer, loss, signed } from '../report/format.js';
import { writeReport } from '../report/index.js';
import { baselineOf } from '../report/series.js';
import type { ReportData, RunReport } from '../report/types.js';
import { openData } from '../train/data.js';
import type { TextData } from '../train/text_data.js';
import { openBackend } from './backend.js';
import { defaults, type RunSettings } from './defaults.js';
import { onInterrupt } from './interrupt.js';
import { averageSteps, measure } from './measure.js';
import { type Output, openOutput } from './output.js';
import { absolutePaths, newRunFolder, readRunFolder, startRunFolder } from './run_folder.js';
import { openSession, trainSession } from './session.js';
import type { Given } from './settings.js';
import { compareSpec } from './spec.js';
import { table } from './table.js';
import { pickData, stopped } from './train.js';
import { UsageError } from './usage.js';
import { packageVersion } from './version.js';
import { type NamedWiring, parseWirings } from './wiring.js';

type CompareSettings = RunSettings & { wirings: string; backend: 'tensorflow' | 'cpu' };

const DEFAULT_WIRINGS = 'residual,sfc4,dfc4';
/** A finished wiring's part of the report, in its folder. */
const RESULT = 'result.json';
const REPORT = 'report.html';

/** The command `compare`: several wirings on the same data. Returns the exit code. */
export async function compare(given: Given): Promise<number> {
  const { resume, out, config: _config, quiet, debug: _debug, ...own } = given;
  if (resume !== undefined) onlyBackend({ ...own, ...(out === undefined ? {} : { out }) });
  const output = openOutput(quiet === true);
  const kept = resume === undefined ? {} : readRunFolder(resume as string, 'compare', compareSpec);
  const options: Given = { ...kept, ...absolutePaths(own) };
  const list = (options.wirings as string | undefined) ?? DEFAULT_WIRINGS;
  const wirings = parseWirings('--wirings', list, options.rate as number | undefined);

  const backend = await openBackend((options.backend as 'auto') ?? 'auto');
  output.say(`Backend: ${backend.label}, ${backend.why}.`);
  const base = defaults(backend.name, options.steps as number | undefined);
  const settings = { ...base, ...options, wirings: list, backend: backend.name } as CompareSettings;
  const data = await openData(settings.data, pickData(settings));
  const folder = (resume ?? out ?? newRunFolder()) as string;
  check(settings, wirings, data);
  if (resume === undefined) startRunFolder(folder, 'compare', settings);
  output.say(`Text: ${data.path}, ${integer(data.trainTokens)} tokens. Folder: ${folder}`);

  const interrupt = onInterrupt(output.warn);
  try {
    const runs: RunReport[] = [];
    for (const wiring of wirings) {
      const run = await runOne(wiring, settings, data, folder, interrupt.signal, output);
      if (run === undefined) {
        output.warn(stopped(wiring.label, `frac-connections compare --resume ${folder}`));
        return 130;
      }
      runs.push(run);
    }
    const report = path.join(folder, REPORT);
    await writeReport(report, describe(runs, settings, data, backend.label));
    output.print(resultTable(runs));
    output.print(`\nReport: ${path.resolve(report)}`);
    return 0;
  } finally {
    interrupt.close();
  }
}

// What is finished was made with the settings kept, so others would compare what is not alike.
function onlyBackend(given: Given): void {
  const other = Object.keys(given).find(key => key !== 'backend');
  if (other)
    throw new UsageError(
      `compare --resume goes on with the settings it was started with; leave ${other} away`,
    );
}

// A rate that does not divide the width should be told before the first wiring has trained for minutes, and before there
// is a folder.
function check(settings: CompareSettings, wirings: readonly NamedWiring[], data: TextData): void {
  for (const { wiring } of wirings) openSession(settings, wiring, data, {}).dispose();
}

/** Trains one wiring, or reads what it gave when it was finished before; undefined when it was stopped. */
async function runOne(
  { label, slug, wiring }: NamedWiring,
  settings: CompareSettings,
  data: TextData,
  folder: string,
  signal: AbortSignal,
  output: Output,
): Promise<RunReport | undefined> {
  const out = path.join(folder, slug);
  const file = path.join(out, RESULT);
  if (fs.existsSync(file)) {
    output.say(`${label}: finished before`);
    return readResult(file);
  }
  const session = openSession(settings, wiring, data, { out, resume: true });
  try {
    const name = label.padEnd(longest(settings));
    const { stopped, seconds } = await trainSession(session, name, signal, output.quiet);
    if (stopped) return undefined;
    const run = await measure(session, label, data, out);
    writeFileAtomic(file, JSON.stringify(run));
    const { finalTrainLoss, finalEvalLoss } = run;
    output.say(
      `${name} done in ${duration(seconds)}: loss ${loss(finalTrainLoss)}, held-out ${loss(finalEvalLoss)}`,
    );
    return run;
  } finally {
    session.dispose();
  }
}

function longest(settings: CompareSettings): number {
  const wirings = parseWirings('--wirings', settings.wirings, settings.rate);
  return Math.max(...wirings.map(wiring => wiring.label.length));
}

function readResult(file: string): RunReport {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as RunReport;
  } catch (cause) {
    const message = `compare: ${file} is damaged; delete it and resume again: ${(cause as Error).message}`;
    throw new FracConnectionsError('ERR_FILE', message, { cause });
  }
}

function resultTable(runs: readonly RunReport[]): string {
  const baseline = baselineOf(runs);
  const minus = (own: number, other: number | undefined, run: RunReport) =>
    run === baseline || other === undefined ? '' : signed(own - other, 4);
  const against = `vs ${baseline?.name}`;
  const head = ['wiring', 'parameters', 'train loss', against, 'held-out', against, 'tokens/s', 'memory'];
  const rows = runs.map(run => [
    run.name,
    integer(run.parameters),
    run.finalTrainLoss.toFixed(4),
    minus(run.finalTrainLoss, baseline?.finalTrainLoss, run),
    run.finalEvalLoss.toFixed(4),
    minus(run.finalEvalLoss, baseline?.finalEvalLoss, run),
    integer(run.tokensPerSecond),
    bytes(run.memoryBytes),
  ]);
  return table(head, rows);
}

function describe(runs: RunReport[], s: CompareSettings, data: TextData, backend: string): ReportData {
  const names = runs.map(run => run.name);
  const title = `${names.length > 1 ? `${names.slice(0, -1).join(', ')} and ` : ''}${names.at(-1)}`;
  const text = path.basename(data.path);
  const tokens = s.steps * s.batch * s.accumulate * s.context;
  const model = s.experts > 0 ? `Mixture of Experts (${s.experts} a layer)` : 'dense';
  const size = integer(baselineOf(runs)?.parameters ?? 0);
  const settings: Record<string, string | number> = {
    model,
    layers: s.layers,
    width: s.dim,
    heads: s.heads,
    text,
    'training tokens': integer(data.trainTokens),
    'held-out tokens': integer(data.heldOutTokens),
    tokenizer: s.tokenizer,
    'context (tokens)': s.context,
    'batch (sequences)': s.batch * s.accumulate,
    steps: integer(s.steps),
    'learning rate': s.lr,
    'warm-up (steps)': s.warmup,
    'weight decay': s.decay,
    'gradient clip': s.clip || 'none',
    seed: s.seed,
    backend,
    Node: process.version,
  };
  return {
    title: `${title.charAt(0).toUpperCase()}${title.slice(1)} on ${text}`,
    summary: `A ${model} language model of ${size} parameters, trained from the same start on the same ${integer(tokens)} tokens with each wiring.`,
    created: new Date().toISOString(),
    version: packageVersion(),
    settings: Object.entries(settings).map(([name, value]) => ({ name, value: String(value) })),
    emaSteps: averageSteps(s.steps),
    runs,
  };
}
