import * as tf from '@tensorflow/tfjs';
import { type ConnectionInspection, LanguageModel, openText, Trainer } from 'frac-connections/models';
import type { Settings } from './settings.js';

/** Number of steps between inspections of the connections. */
const LOOK_EVERY = 5;
/** Number of characters to generate after an evaluation. */
const SAMPLE = 60;

/** The state of a run, which the page draws. It has plain values only; the tensors are freed when the run ends. */
export class Run {
  state: 'loading' | 'training' | 'paused' | 'stopped' | 'done' = 'loading';
  step = 0;
  losses: number[] = [];
  heldOut: { step: number; loss: number }[] = [];
  tokensPerSecond = Number.NaN;
  /** Number of live tensors on the page. */
  tensors = 0;
  parameters = 0;
  connections: ConnectionInspection[] = [];
  prompt = '';
  sample = '';
  private interrupt = new AbortController();
  private wake: (() => void) | undefined;

  /** @param changed called after each change of the state */
  constructor(
    readonly name: string,
    readonly settings: Settings,
    private readonly changed: () => void,
  ) {}

  /** Trains to the last step, or until the run is stopped. */
  async train(text: string): Promise<void> {
    const { dim, layers, context, steps, batch, learningRate, wiring } = this.settings;
    const data = openText(text, { context });
    const model = new LanguageModel({ vocabSize: 256, dim, layers, heads: dim / 16, context, wiring });
    const evalEvery = Math.max(1, Math.round(steps / 12));
    const trainer = new Trainer(model, {
      ...{ data, steps, batchSize: batch, learningRate, evalEvery },
      evalBatches: 4,
    });
    const [look] = data.heldOut(batch, 1);
    try {
      if (this.state === 'loading') this.state = 'training';
      this.parameters = model.parameters();
      const prompt = look!.tokens.dataSync().subarray(0, context);
      this.prompt = data.tokenizer.decode(prompt).slice(-48).trimStart();
      this.look(model, look!.tokens);
      while (trainer.step < steps && !this.ended) {
        if (this.state === 'paused') await this.resumed();
        else await this.trainOn(trainer, model, look!.tokens, prompt);
      }
      if (!this.ended) this.state = 'done';
    } finally {
      tf.dispose([look!.tokens, look!.targets]);
      trainer.dispose();
      model.dispose();
      this.tensors = tf.memory().numTensors;
      if (!this.ended) this.state = 'stopped';
      this.changed();
    }
  }

  get ended(): boolean {
    return this.state === 'stopped' || this.state === 'done';
  }

  pause(): void {
    this.leave('paused');
  }

  resume(): void {
    this.leave('training');
  }

  stop(): void {
    this.leave('stopped');
  }

  private leave(state: 'training' | 'paused' | 'stopped'): void {
    if (this.ended) return;
    this.state = state;
    this.interrupt.abort();
    this.interrupt = new AbortController();
    this.wake?.();
    this.changed();
  }

  private resumed(): Promise<void> {
    return new Promise(resolve => {
      this.wake = resolve;
    });
  }

  /** Trains for some steps, then inspects the connections. */
  private async trainOn(
    trainer: Trainer,
    model: LanguageModel,
    look: tf.Tensor2D,
    prompt: ArrayLike<number>,
  ): Promise<void> {
    const { signal } = this.interrupt;
    const evaluations = this.heldOut.length;
    await trainer.train({
      until: trainer.step + LOOK_EVERY,
      signal,
      onStep: ({ step, loss, tokensPerSecond }) => {
        this.step = step;
        this.losses.push(loss);
        this.tokensPerSecond = tokensPerSecond;
        this.tensors = tf.memory().numTensors;
        this.changed();
      },
      onEvaluation: ({ step, loss }) => this.heldOut.push({ step, loss }),
    });
    this.look(model, look);
    if (this.heldOut.length > evaluations) await this.write(model, prompt, signal);
  }

  private look(model: LanguageModel, tokens: tf.Tensor2D): void {
    this.connections = model.inspect(tokens).connections;
    this.changed();
  }

  /**
   * Generates text. The prompt is as long as the context, so that all inputs have one shape: WebGL compiles its shaders
   * per shape.
   */
  private async write(model: LanguageModel, prompt: ArrayLike<number>, signal: AbortSignal): Promise<void> {
    const bytes: number[] = [];
    const draw = model.generate(prompt, { maxTokens: SAMPLE, temperature: 0.7, signal, seed: this.step });
    for await (const byte of draw) {
      bytes.push(byte);
      if (bytes.length % 4 > 0) continue;
      this.sample = new TextDecoder().decode(Uint8Array.from(bytes));
      this.changed();
      await tf.nextFrame();
    }
  }
}
