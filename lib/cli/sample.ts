import fs from 'node:fs';
import path from 'node:path';
import { FracConnectionsError } from '../common/errors.js';
import { LanguageModel } from '../models/index.js';
import { BEST, LAST, loadWeights, readCheckpoint } from '../train/checkpoint.js';
import { loadTokenizer } from '../train/load_tokenizer.js';
import { openBackend, sayBackend } from './backend.js';
import { onInterrupt } from './interrupt.js';
import { openOutput } from './output.js';
import type { Given } from './settings.js';

interface SampleSettings {
  checkpoint?: 'last' | 'best';
  prompt?: string;
  tokens?: number;
  temperature?: number;
  topK?: number;
  seed?: number;
  backend?: 'auto' | 'tensorflow' | 'cpu';
  quiet?: boolean;
}

/** The command `sample`: generates text from a checkpoint. Returns the exit code. */
export async function sample(run: string, given: Given): Promise<number> {
  const settings = given as SampleSettings;
  const output = openOutput(settings.quiet === true);
  const file = findCheckpoint(run, settings.checkpoint ?? 'last');
  const backend = await openBackend(settings.backend ?? 'auto');
  output.say(sayBackend(backend));
  const checkpoint = readCheckpoint(file);
  const tokenizer = await loadTokenizer(checkpoint.state.data.tokenizer);
  const model = LanguageModel.fromJSON(
    checkpoint.state.model as Parameters<typeof LanguageModel.fromJSON>[0],
  );
  const interrupt = onInterrupt(() => undefined);
  try {
    loadWeights(model, checkpoint);
    checkpoint.dispose();
    // A model needs at least one token to continue from. A new line fits the start of any text.
    const prompt = settings.prompt ?? '\n';
    if (settings.prompt !== undefined) process.stdout.write(prompt);
    const decoder = tokenizer.decoder();
    const drawn = model.generate(Array.from(tokenizer.encode(prompt)), {
      maxTokens: settings.tokens ?? 300,
      temperature: settings.temperature ?? 0.8,
      topK: settings.topK ?? 0,
      seed: settings.seed ?? 0,
      signal: interrupt.signal,
    });
    for await (const token of drawn) process.stdout.write(decoder.write(token));
    process.stdout.write(`${decoder.end()}\n`);
    return interrupt.signal.aborted ? 130 : 0;
  } finally {
    interrupt.close();
    model.dispose();
  }
}

/** Finds the checkpoint: `run` is its file or the folder of a run. The folder of a comparison holds several runs: an error. */
function findCheckpoint(run: string, which: 'last' | 'best'): string {
  const isFolder = fs.statSync(run, { throwIfNoEntry: false })?.isDirectory() ?? false;
  if (!isFolder) return run;
  const file = path.join(run, which === 'best' ? BEST : LAST);
  if (fs.existsSync(file)) return file;
  const inside = fs
    .readdirSync(run)
    .map(name => path.join(run, name))
    .filter(folder => fs.existsSync(path.join(folder, LAST)));
  const hint = inside.length > 0 ? `; it holds a comparison, so give one of ${inside.join(', ')}` : '';
  throw new FracConnectionsError('ERR_CHECKPOINT', `sample: ${run} has no ${path.basename(file)}${hint}`);
}
