import type { Wiring } from 'frac-connections/models';

/** The settings of a run. */
export interface Settings {
  /** `residual`, `DFCx4`, ... */
  name: string;
  wiring: Wiring;
  backend: string;
  dim: number;
  layers: number;
  context: number;
  steps: number;
  batch: number;
  learningRate: number;
  /** The training text; undefined for the book. */
  text: string | undefined;
}

/** Reads the form. The browser has already checked the limits of its elements. */
export function readSettings(form: HTMLFormElement): Settings {
  const given = new FormData(form);
  const text = (name: string) => String(given.get(name));
  const number = (name: string) => Number(given.get(name));
  return {
    ...readWiring(text('wiring'), number('rate')),
    backend: text('backend'),
    dim: number('dim'),
    layers: number('layers'),
    context: number('context'),
    steps: number('steps'),
    batch: number('batch'),
    learningRate: number('learningRate'),
    text: text('source') === 'pasted' ? text('text') : undefined,
  };
}

function readWiring(name: string, rate: number): { name: string; wiring: Wiring } {
  if (name === 'residual') return { name, wiring: { kind: 'residual' } };
  const kind = name.endsWith('hc') ? 'hyper' : 'frac';
  return { name: `${name.toUpperCase()}x${rate}`, wiring: { kind, rate, dynamic: name.startsWith('d') } };
}
