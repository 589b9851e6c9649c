import { useBackend } from './backend.js';
import { byId, Page } from './page.js';
import { Run } from './run.js';
import { readSettings, type Settings } from './settings.js';
import { fetchBook } from './text.js';

const runs: Run[] = [];
const page = new Page(runs);
const form = byId<HTMLFormElement>('settings');
const buttons = {
  start: byId<HTMLButtonElement>('start'),
  pause: byId<HTMLButtonElement>('pause'),
  stop: byId<HTMLButtonElement>('stop'),
  clear: byId<HTMLButtonElement>('clear'),
};
let current: Run | undefined;
let book: Promise<string> | undefined;

/** The name of a run: `DFCx4`, and for a second such run `DFCx4 (2)`. */
function nameOf({ name }: Settings): string {
  const same = runs.filter(run => run.settings.name === name).length;
  return same === 0 ? name : `${name} (${same + 1})`;
}

async function textOf({ text }: Settings): Promise<string> {
  if (text !== undefined) return text;
  book ??= fetchBook();
  // After a failure the next call tries again.
  book.catch(() => {
    book = undefined;
  });
  return book;
}

async function start(): Promise<void> {
  const settings = readSettings(form);
  page.hideError();
  const run = new Run(nameOf(settings), settings, changed);
  current = run;
  runs.push(run);
  showButtons();
  page.draw();
  try {
    await useBackend(settings.backend);
    await run.train(await textOf(settings));
  } catch (error) {
    page.showError(error);
  } finally {
    // Removes a run that ended before its first step.
    if (run.step === 0) runs.splice(runs.indexOf(run), 1);
    current = undefined;
    changed();
  }
}

function changed(): void {
  showButtons();
  page.changed();
}

function showButtons(): void {
  buttons.start.disabled = current !== undefined;
  buttons.pause.disabled = current === undefined;
  buttons.stop.disabled = current === undefined;
  buttons.clear.disabled = current !== undefined || runs.length === 0;
  buttons.pause.textContent = current?.state === 'paused' ? 'Resume' : 'Pause';
}

function showFields(): void {
  const field = (name: string) => form.elements.namedItem(name) as HTMLSelectElement;
  field('rate').disabled = field('wiring').value === 'residual';
  const pasted = field('source').value === 'pasted';
  byId('pasted').hidden = !pasted;
  field('text').required = pasted;
}

form.addEventListener('submit', event => {
  event.preventDefault();
  if (current === undefined) void start();
});
form.addEventListener('change', showFields);
buttons.pause.addEventListener('click', () =>
  current?.state === 'paused' ? current.resume() : current?.pause(),
);
buttons.stop.addEventListener('click', () => current?.stop());
buttons.clear.addEventListener('click', () => {
  runs.length = 0;
  page.hideError();
  changed();
});
window.addEventListener('error', ({ error, message }) => page.showError(error ?? message));
window.addEventListener('unhandledrejection', ({ reason }) => page.showError(reason));
showFields();
