// Where lanes go next, and barriers, which nobody has to wait at: one warp walks alone.
import { Predicate } from '../lanes/operands.mjs';
import { Unknown } from '../lanes/unknown.mjs';

const nothing = () => undefined;

function branch({ operands, traits, lanes, warp }) {
  if (traits.has('DIV')) return; // for warps whose lanes went apart
  const label = /`\((\S+)\)/.exec(operands.at(-1).text)?.[1];
  if (!warp.code.labels.has(label)) throw new Unknown(`label ${label}`);
  const conditions = operands.filter(each => each instanceof Predicate);
  for (const lane of lanes)
    if (conditions.every(each => each.get(lane))) warp.at[lane] = warp.code.labels.get(label);
}

function exit({ lanes, warp }) {
  for (const lane of lanes) warp.alive[lane] = false;
}

const SPECIAL = {
  'SR_TID.X': (warp, lane) => warp.first + lane,
  SR_LANEID: (_, lane) => lane,
  'SR_CTAID.X': () => 0,
  SR_CgaCtaId: () => 0,
  SR_SWINHI: () => 0,
};

function readSpecial({ operands: [to, { text }], lanes, warp }) {
  if (!SPECIAL[text]) throw new Unknown(`special register ${text}`);
  to.set(lanes, lane => SPECIAL[text](warp, lane));
}

export const CONTROL = {
  BRA: branch,
  EXIT: exit,
  S2R: readSpecial,
  S2UR: readSpecial,
  ...Object.fromEntries(
    ['BAR', 'BREAK', 'BSSY', 'BSYNC', 'DEPBAR', 'ENDCOLLECTIVE', 'LDGDEPBAR', 'NOP', 'WARPSYNC'].map(each => [
      each,
      nothing,
    ]),
  ),
};
