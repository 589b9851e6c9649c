import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { writeFileAtomic } from '../common/files.js';
import { duration, integer, loss } from '../report/format.js';
import { writeReport } from '../report/index.js';
import type { RunReport } from '../report/types.js';
import { openData } from '../train/data.js';
import type { TextData } from '../train/text_data.js';
import { openBackend, sayBackend } from './backend.js';
import { reportData, resultTable } from './compare_report.js';
import { defaults, type RunSettings, WIRINGS } from './defaults.js';
import { onInterrupt } from './interrupt.js';
import { measure } from './measure.js';
import { openReport } from './open_report.js';
import { type Output, openOutput } from './output.js';
import { checkMinutes, endOf, plan } from './plan.js';
import { absolutePaths, checkFree, keepSettings, newRunFolder, readRunFolder } from './run_folder.js';
import { openSession, trainSession } from './session.js';
import type { Given } from './settings.js';
import { compareSpec, dashed } from './spec.js';
import { type Clock, clock } from './speed.js';
import { pickData, stopped } from './train.js';
import { UsageError } from './usage.js';
import { type NamedWiring, parseWirings } from './wiring.js';

type CompareSettings = RunSettings & { wirings: string; backend: 'tensorflow' | 'cpu' };

/** The file with a finished wiring's part of the report, in the folder of that wiring. */
const RESULT = 'result.json';
const REPORT = 'report.html';

/** The command `compare`: several wirings on the same data. Returns the exit code. */
export async function compare(given: Given, now: Clock = clock): Promise<number> {
  const started = now();
  const { resume, out, open, minutes, config: _config, quiet, debug: _debug, ...own } = given;
  checkMinutes(given);
  if (resume !== undefined) onlyBackend({ ...own, ...(out === undefined ? {} : { out }) });
  const output = openOutput(quiet === true);
  const kept = resume === undefined ? {} : readRunFolder(resume as string, 'compare', compareSpec);
  const options: Given = { ...kept, ...absolutePaths(own) };
  const list = (options.wirings as string | undefined) ?? WIRINGS;
  const wirings = parseWirings('--wirings', list, options.rate as number | undefined);

  const backend = await openBackend((options.backend as 'auto') ?? 'auto');
  const settingsOf = (steps = options.steps as number | undefined) =>
    ({
      ...defaults(backend.name, steps),
      ...options,
      wirings: list,
      backend: backend.name,
    }) as CompareSettings;
  const data = await openData(settingsOf().data, pickData(settingsOf()));
  const folder = (resume ?? out ?? newRunFolder()) as string;
  const resumed = resume !== undefined;
  if (!resumed) checkFree(folder);
  const jobs = wirings
    .map(({ wiring, slug }) => ({ wiring, out: path.join(folder, slug) }))
    .filter(({ out }) => !fs.existsSync(path.join(out, RESULT)));
  const settings = await plan({
    jobs,
    settingsOf,
    data,
    resumed,
    ends: endOf(started, minutes),
    now,
    output,
  });
  if (!resumed) keepSettings(folder, 'compare', settings);
  output.say(sayBackend(backend));
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
    const report = path.resolve(folder, REPORT);
    await writeReport(report, reportData(runs, settings, data, backend.label));
    output.print(resultTable(runs));
    if (open === true) await openReport(report, output);
    output.print(`\nReport: ${report}`);
    return 0;
  } finally {
    interrupt.close();
  }
}

// The finished wirings were trained with the kept settings. With other settings the losses could not be compared.
function onlyBackend(given: Given): void {
  const other = Object.keys(given).find(key => key !== 'backend');
  if (other)
    throw new UsageError(
      `compare --resume keeps the settings that the run was started with; leave out --${dashed(other)}`,
    );
}

/** Trains one wiring, or reads its result if it is finished already. Undefined if it was stopped. */
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
    const message = `compare: ${file} is damaged; delete it and resume: ${(cause as Error).message}`;
    throw new FracConnectionsError('ERR_FILE', message, { cause });
  }
}
