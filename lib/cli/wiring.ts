import type { Norm } from '../contract/options.js';
import type { Wiring } from '../models/options.js';
import { UsageError } from './usage.js';

/** A wiring and its names. */
export interface NamedWiring {
  /** `residual`, `sfc4`, `dfc4-no-tanh`: different for each wiring, and usable as the name of a folder. */
  slug: string;
  /** `residual`, `SFCx4`, `DFCx4 no tanh`: the name that is printed. */
  label: string;
  wiring: Wiring;
}

/** The ablations of the paper's Figure 4, and a switch for each half of the dynamic part. */
export interface Ablations {
  dynamicAlpha?: boolean;
  dynamicBeta?: boolean;
  tanh?: boolean;
  scale?: boolean;
  norm?: Norm;
}

const SUFFIXES: Record<string, Ablations> = {
  'no-dynamic-alpha': { dynamicAlpha: false },
  'no-dynamic-beta': { dynamicBeta: false },
  'no-tanh': { tanh: false },
  'no-scale': { scale: false },
  'no-norm': { norm: 'none' },
  'layer-norm': { norm: 'layer' },
};

const RULE =
  'must be residual, sfc, dfc, shc, dhc or mhc, with an optional rate (dfc4), i for identity mixing (dfc4i) and, if dynamic, any of ' +
  Object.keys(SUFFIXES)
    .map(name => `-${name}`)
    .join(', ');

/**
 * Reads a wiring: `residual`; `sfc`, `dfc` (static or dynamic Frac-Connections), `shc`, `dhc` (Hyper-Connections), `mhc` (Manifold-Constrained ones), each
 * with a rate, else `rate` is used. With an `i` after the rate (`dhc4i`) the segments do not mix. A dynamic wiring may have
 * ablations, as in `dfc4-no-tanh`.
 *
 * @param where the name of the option, for error messages
 * @throws UsageError
 */
export function parseWiring(where: string, text: string, rate = 4, extra: Ablations = {}): NamedWiring {
  const match = /^(residual|[sd][fh]c|mhc)(\d*)(i?)((?:-[a-z-]+)?)$/i.exec(text.trim());
  if (!match) throw new UsageError(`${where} ${RULE}; got '${text}'`);
  const kind = (match[1] as string).toLowerCase();
  const ablations = { ...readSuffixes(where, text, match[4] as string), ...changesOf(extra) };
  const names = suffixesOf(ablations);
  const dynamic = kind.startsWith('d');
  if (names.length > 0 && !dynamic) {
    throw new UsageError(
      `${where}: ${names.join(', ')} is only for the dynamic wirings dfc and dhc; got '${text}'`,
    );
  }
  if (kind === 'residual') {
    if (match[2] !== '' || match[3] !== '')
      throw new UsageError(`${where}: residual has no rate and no mixing; got '${text}'`);
    return { slug: 'residual', label: 'residual', wiring: { kind: 'residual' } };
  }
  const used = match[2] === '' ? rate : Number(match[2]);
  const hyper = kind.endsWith('hc');
  const manifold = kind === 'mhc';
  const most = hyper ? 16 : 8;
  if (used < 1 || used > most) {
    throw new UsageError(`${where}: the rate of ${kind} must be from 1 to ${most}, got ${used}`);
  }
  const identity = match[3] !== '';
  const mixing = identity ? ({ mixing: 'identity' } as const) : {};
  const wiring: Wiring = manifold
    ? { kind: 'manifold', rate: used, ...mixing }
    : { kind: hyper ? 'hyper' : 'frac', rate: used, dynamic, ...ablations, ...mixing };
  const i = identity ? 'i' : '';
  return {
    slug: [`${kind}${used}${i}`, ...names].join('-'),
    label: [
      `${manifold ? 'mHC' : kind.toUpperCase()}x${used}${i}`,
      ...names.map(name => name.replaceAll('-', ' ')),
    ].join(' '),
    wiring,
  };
}

/**
 * Reads a list of wirings, separated by commas.
 *
 * @throws UsageError also if a wiring is named twice: two runs would write to one folder
 */
export function parseWirings(where: string, text: string, rate = 4): NamedWiring[] {
  const list = text.split(',').map(part => parseWiring(where, part, rate));
  const twice = list.find((item, i) => list.findIndex(other => other.slug === item.slug) !== i);
  if (twice) throw new UsageError(`${where}: ${twice.slug} is named twice`);
  return list;
}

function readSuffixes(where: string, text: string, suffix: string): Ablations {
  let rest = suffix;
  let found: Ablations = {};
  while (rest !== '') {
    const name = Object.keys(SUFFIXES).find(key => rest === `-${key}` || rest.startsWith(`-${key}-`));
    if (!name) throw new UsageError(`${where} ${RULE}; got '${text}'`);
    found = { ...found, ...SUFFIXES[name] };
    rest = rest.slice(name.length + 1);
  }
  return found;
}

// The options of a command may hold other keys, and the default value of an ablation changes nothing.
function changesOf({ dynamicAlpha, dynamicBeta, tanh, scale, norm }: Ablations): Ablations {
  const entries = Object.entries({ dynamicAlpha, dynamicBeta, tanh, scale, norm });
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined && value !== true && value !== 'rms'),
  );
}

function suffixesOf(ablations: Ablations): string[] {
  return Object.keys(SUFFIXES).filter(name =>
    Object.entries(SUFFIXES[name] as Ablations).every(
      ([key, value]) => ablations[key as keyof Ablations] === value,
    ),
  );
}
