// Converts the reference cases of test/fixtures to lines of words, for a program without a JSON parser:
//
//   case NAME
//   config KEY VALUE              one line per key
//   tensor PART.NAME RANK D0 ...  PART is inputs, outputs or grads; the values follow on one line
//   end
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const KEYS = [
  'dim',
  'streams',
  'fractions',
  'dynamic_alpha',
  'dynamic_beta',
  'tanh',
  'scale',
  'norm',
  'epsilon',
];
const PARTS = ['inputs', 'outputs', 'grads'];

function linesOf(fixture) {
  const lines = [`case ${fixture.config.name}`];
  for (const key of KEYS) {
    if (fixture.config[key] === undefined) throw new Error(`${fixture.config.name}: config has no ${key}`);
    lines.push(`config ${key} ${fixture.config[key]}`);
  }
  for (const part of PARTS) {
    for (const [name, { shape, data }] of Object.entries(fixture[part])) {
      const size = shape.reduce((product, each) => product * each, 1);
      if (data.length !== size || !data.every(Number.isFinite))
        throw new Error(
          `${fixture.config.name}: ${part}.${name} must be ${size} numbers, got ${data.length}`,
        );
      // JavaScript writes the shortest text that parses to the same double, so no digit is lost.
      lines.push(`tensor ${[`${part}.${name}`, shape.length, ...shape].join(' ')}`, data.join(' '));
    }
  }
  return [...lines, 'end'];
}

/** The text of cases.txt, and the number of its cases. */
export function casesText(folder) {
  const files = readdirSync(folder)
    .filter(name => name.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new Error(`casesText: no fixtures in ${folder}`);
  const lines = files.flatMap(name => linesOf(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
  return { text: `${lines.join('\n')}\n`, count: files.length };
}
