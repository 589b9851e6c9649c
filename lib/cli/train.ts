import { integer, loss } from '../report/format.js';
import { openData } from '../train/data.js';
import { openBackend, sayBackend } from './backend.js';
import { defaults, type RunSettings } from './defaults.js';
import { onInterrupt } from './interrupt.js';
import { openOutput } from './output.js';
import { checkMinutes, endOf, plan } from './plan.js';
import { absolutePaths, checkFree, keepSettings, newRunFolder, readRunFolder } from './run_folder.js';
import { openSession, trainSession } from './session.js';
import type { Given } from './settings.js';
import { trainSpec } from './spec.js';
import { type Clock, clock } from './speed.js';
import { UsageError } from './usage.js';
import { type Ablations, parseWiring } from './wiring.js';

type TrainSettings = RunSettings & Ablations & { wiring: string; backend: 'tensorflow' | 'cpu' };

/** The command `train`: one model. Returns the exit code. */
export async function train(given: Given, now: Clock = clock): Promise<number> {
  const started = now();
  const { resume, out, minutes, config: _config, quiet, debug: _debug, ...own } = given;
  checkMinutes(given);
  if (resume !== undefined && out !== undefined) {
    throw new UsageError('--resume continues in the folder of the run; leave out --out');
  }
  const output = openOutput(quiet === true);
  const kept = resume === undefined ? {} : readRunFolder(resume as string, 'train', trainSpec);
  const options: Given = { ...kept, ...absolutePaths(own) };
  const wiringOf = (o: Given) =>
    parseWiring('--wiring', (o.wiring as string) ?? 'dfc', o.rate as number | undefined, o as Ablations);
  wiringOf(options);

  const backend = await openBackend((options.backend as 'auto') ?? 'auto');
  const settingsOf = (steps = options.steps as number | undefined) =>
    ({ ...defaults(backend.name, steps), wiring: 'dfc', ...options, backend: backend.name }) as TrainSettings;
  const { label, wiring } = wiringOf(settingsOf() as unknown as Given);

  const data = await openData(settingsOf().data, pickData(settingsOf()));
  const folder = (resume ?? out ?? newRunFolder()) as string;
  const resumed = resume !== undefined;
  if (!resumed) checkFree(folder);
  const jobs = [{ wiring, out: folder }];
  const settings = await plan({
    jobs,
    settingsOf,
    data,
    resumed,
    ends: endOf(started, minutes),
    now,
    output,
  });
  output.say(sayBackend(backend));
  const session = openSession(settings, wiring, data, { out: folder, resume: resumed });
  const interrupt = onInterrupt(output.warn);
  try {
    // Also of a resumed run: the number of steps may have changed. The checkpoint agrees with all other settings.
    keepSettings(folder, 'train', settings);
    const from = session.trainer.step > 0 ? `, from step ${session.trainer.step}` : '';
    output.say(
      `${label}: ${integer(session.model.parameters())} parameters, ${settings.steps} steps${from}, to ${folder}`,
    );
    const result = await trainSession(session, label, interrupt.signal, output.quiet);
    if (result.stopped) {
      output.warn(stopped(`step ${result.step}`, `frac-connections train --resume ${folder}`));
      return 130;
    }
    const heldOut = result.evaluation ? `, held-out ${loss(result.evaluation.loss)}` : '';
    output.print(`${label}: loss ${loss(result.smoothedLoss)}${heldOut}; saved in ${folder}`);
    return 0;
  } finally {
    interrupt.close();
    session.dispose();
  }
}

/** The settings of a run that openData needs. */
export function pickData({ tokenizer, context, seed }: RunSettings) {
  return { tokenizer, context, seed };
}

/** The message after Ctrl-C. */
export function stopped(where: string, command: string): string {
  return `Stopped at ${where} and saved. Continue with: ${command}`;
}
