import path from 'node:path';
import { path as opsPath } from '../paths/runtime.js';
import { bytes, integer, signed } from '../report/format.js';
import { baselineOf } from '../report/series.js';
import type { ReportData, RunReport } from '../report/types.js';
import type { TextData } from '../train/text_data.js';
import type { RunSettings } from './defaults.js';
import { averageSteps } from './measure.js';
import { table } from './table.js';
import { packageVersion } from './version.js';

/** The table that `compare` prints. */
export function resultTable(runs: readonly RunReport[]): string {
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

/** All that the HTML report shows. */
export function reportData(runs: RunReport[], s: RunSettings, data: TextData, backend: string): ReportData {
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
    'path of the ops': opsPath(),
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
