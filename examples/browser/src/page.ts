import { baselineOf, comparable, differenceOption, lossOption, RunChart } from './charts/loss.js';
import { changeRange, MatrixCharts } from './charts/matrices.js';
import { movingAverage, reach } from './charts/smooth.js';
import { readTheme, runColor } from './charts/theme.js';
import type { Run } from './run.js';

/** The element of the page with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element ${id}`);
  return element as T;
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const integer = (x: number) => (Number.isFinite(x) ? whole.format(x) : '–');
const loss = (x: number | undefined) => (x !== undefined && Number.isFinite(x) ? x.toFixed(3) : '–');

const smoothed = (run: Run) => movingAverage(run.losses, reach(run.settings.steps)).at(-1);

/** Shows the runs: numbers, curves, matrices and text. */
export class Page {
  private readonly lossChart = new RunChart(byId('loss-chart'), lossOption);
  private readonly differenceChart = new RunChart(byId('difference-chart'), differenceOption);
  private readonly matrices = new MatrixCharts(byId('matrices'), byId('matrices').firstElementChild!);
  private readonly shown = byId('shown').querySelector('select')!;
  private due = false;

  constructor(private readonly runs: readonly Run[]) {
    this.shown.addEventListener('change', () => this.draw());
    window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    this.draw();
  }

  /** Schedules a drawing. Drawing at every step would cost more than a small training step. */
  changed(): void {
    if (this.due) return;
    this.due = true;
    setTimeout(() => this.draw(), 150);
  }

  showError(error: unknown): void {
    byId('error').textContent = error instanceof Error ? error.message : String(error);
    byId('error').hidden = false;
    console.error(error);
  }

  hideError(): void {
    byId('error').hidden = true;
  }

  /** Draws immediately. */
  draw(): void {
    this.due = false;
    this.drawNumbers(this.runs.at(-1));
    this.drawTable();
    this.drawCurves();
    this.drawMatrices();
  }

  private drawNumbers(run: Run | undefined): void {
    byId('step').textContent = run ? `${integer(run.step)} / ${integer(run.settings.steps)}` : '–';
    byId('loss').textContent = loss(run && smoothed(run));
    byId('held-out').textContent = loss(run?.heldOut.at(-1)?.loss);
    byId('speed').textContent = integer(run?.tokensPerSecond ?? Number.NaN);
    byId('tensors').textContent = integer(run?.tensors ?? Number.NaN);
    byId('state').textContent = run?.state ?? 'ready';
    const part = run ? run.step / run.settings.steps : 0;
    byId('bar').firstElementChild!.setAttribute('style', `width: ${100 * part}%`);
    const [prompt, drawn] = byId('sample').children;
    prompt!.textContent = run?.prompt ?? '';
    drawn!.textContent = run?.sample ?? '';
    byId('writing').hidden = !run?.sample;
  }

  private drawCurves(): void {
    const several = comparable(this.runs).length > 0;
    byId('no-runs').hidden = this.runs.length > 0;
    byId('curves').hidden = this.runs.length === 0;
    byId('differences').hidden = !several;
    byId('runs').hidden = this.runs.length === 0;
    if (this.runs.length > 0) this.lossChart.draw(this.runs);
    if (!several) return;
    byId('baseline').textContent = baselineOf(this.runs)!.name;
    this.differenceChart.draw(this.runs);
  }

  private drawTable(): void {
    const theme = readTheme();
    const rows = this.runs.map((run, i) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      const swatch = document.createElement('span');
      swatch.className = 'swatch';
      swatch.style.background = runColor(theme, i);
      head.append(swatch, run.name);
      const cells = [
        ...[integer(run.parameters), integer(run.step)],
        ...[loss(smoothed(run)), loss(run.heldOut.at(-1)?.loss), integer(run.tokensPerSecond)],
      ];
      row.append(head, ...cells.map(cell));
      return row;
    });
    byId('runs')
      .querySelector('tbody')!
      .replaceChildren(...rows);
  }

  private drawMatrices(): void {
    const wired = this.runs.filter(run => run.connections.length > 0);
    this.offer(wired);
    const run = wired.find(({ name }) => name === this.shown.value);
    this.matrices.draw(run?.connections ?? []);
    byId('scale').hidden = run === undefined;
    const range = changeRange(run?.connections ?? []).toFixed(2);
    byId('scale').querySelector('.less')!.textContent = `−${range}`;
    byId('scale').querySelector('.more')!.textContent = `+${range}`;
  }

  /** Lists the runs whose matrices can be shown, and selects a new run. */
  private offer(wired: readonly Run[]): void {
    byId('shown').hidden = wired.length < 2;
    const names = wired.map(({ name }) => name);
    if (names.join() === Array.from(this.shown.options, ({ value }) => value).join()) return;
    this.shown.replaceChildren(...names.map(name => new Option(name, name, false, name === names.at(-1))));
  }
}

function cell(text: string): HTMLTableCellElement {
  const element = document.createElement('td');
  element.textContent = text;
  return element;
}
