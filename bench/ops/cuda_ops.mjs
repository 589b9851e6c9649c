// Runs a case of cases.mjs on a device with frac-connections/cuda, the forward and the gradient op each by itself. The
// tensors are reused, because allocating waits for the device.
import {
  fracDepth,
  fracDepthGrad,
  fracDepthRead,
  fracDepthReadGrad,
  fracDepthWidth,
  fracDepthWidthGrad,
  fracRead,
  fracReadGrad,
  fracWidth,
  fracWidthGrad,
} from 'frac-connections/cuda';

/** A call that writes its results to the tensors of its first run. */
function inPlace(call) {
  let out;
  return () => {
    out = call({ out });
    return out;
  };
}

const MAKERS = {
  width({ inputs: { h, ...weights }, upstream: [dX, dAlpha, dBeta], options }) {
    const forward = inPlace(run => fracWidth(h, weights, options, run));
    const backward = inPlace(run => fracWidthGrad(h, weights, { dX, dAlpha, dBeta }, options, run));
    return {
      forward: () => Object.values(forward()),
      backward() {
        const { dH, dWeights } = backward();
        return { h: dH, ...dWeights };
      },
    };
  },
  depth({ inputs: { h, y, alpha, beta }, upstream: [dOut], options }) {
    const forward = inPlace(run => ({ h: fracDepth(h, y, alpha, beta, options, run) }));
    const backward = inPlace(run => fracDepthGrad(h, y, alpha, beta, dOut, options, run));
    return {
      forward: () => Object.values(forward()),
      backward() {
        const { dH, dY, dAlpha, dBeta } = backward();
        return { h: dH, y: dY, alpha: dAlpha, beta: dBeta };
      },
    };
  },
  depth_width({ inputs: { h, y, alpha, beta, ...weights }, upstream, options }) {
    const [dOut, dX, dNextAlpha, dNextBeta] = upstream;
    const arriving = { dOut, dX, dNextAlpha, dNextBeta };
    const forward = inPlace(run => fracDepthWidth(h, y, alpha, beta, weights, options, run));
    const backward = inPlace(run => fracDepthWidthGrad(h, y, alpha, beta, weights, arriving, options, run));
    return {
      forward: () => Object.values(forward()),
      backward() {
        const { dH, dY, dAlpha, dBeta, dNextWeights } = backward();
        return { h: dH, y: dY, alpha: dAlpha, beta: dBeta, ...dNextWeights };
      },
    };
  },
  read({ inputs: { h, alpha, ...gain }, upstream: [dX], options }) {
    const forward = inPlace(run => ({ x: fracRead(h, alpha, options, gain, run) }));
    const backward = inPlace(run => fracReadGrad(h, alpha, { dX }, options, gain, run));
    return {
      forward: () => Object.values(forward()),
      backward() {
        const { dH, dAlpha, dPrenormGamma } = backward();
        return { h: dH, alpha: dAlpha, ...(dPrenormGamma && { prenormGamma: dPrenormGamma }) };
      },
    };
  },
  depth_read({ inputs: { h, y, alpha, beta, nextAlpha, ...gain }, upstream: [dOut, dX], options }) {
    const given = [h, y, alpha, beta, nextAlpha];
    const forward = inPlace(run => fracDepthRead(...given, options, gain, run));
    const backward = inPlace(run => fracDepthReadGrad(...given, { dOut, dX }, options, gain, run));
    return {
      forward: () => Object.values(forward()),
      backward() {
        const { dH, dY, dAlpha, dBeta, dNextAlpha, dPrenormGamma } = backward();
        const gradients = { h: dH, y: dY, alpha: dAlpha, beta: dBeta, nextAlpha: dNextAlpha };
        return { ...gradients, ...(dPrenormGamma && { prenormGamma: dPrenormGamma }) };
      },
    };
  },
  connection: ({ inputs, upstream: [dOut], options }) => around({ inputs, dOut, options }),
  /** A reference case: x is a result too, and the output of the layer is given. */
  fixture({ inputs: { y, ...inputs }, upstream: [dX, dOut], options }) {
    return around({ inputs, dOut, options, layer: { y, dX } });
  },
};

/**
 * Width and depth connection around a layer, or around none. The width gradient adds the depth connection's gradient of
 * the state.
 */
function around({ inputs: { h, ...weights }, dOut, options, layer }) {
  const width = inPlace(run => fracWidth(h, weights, options, run));
  const { x, alpha, beta } = width();
  const y = layer?.y ?? x;
  const depth = inPlace(run => ({ h: fracDepth(h, y, alpha, beta, options, run) }));
  const depthGrad = inPlace(run => fracDepthGrad(h, y, alpha, beta, dOut, options, run));
  const { dH: dState, dY, dAlpha, dBeta } = depthGrad();
  const arriving = { dX: layer?.dX ?? dY, dAlpha, dBeta, dState };
  const widthGrad = inPlace(run => fracWidthGrad(h, weights, arriving, options, run));
  return {
    forward() {
      width();
      const { h: out } = depth();
      return layer ? [x, out] : [out];
    },
    backward() {
      depthGrad();
      const { dH, dWeights } = widthGrad();
      return { h: dH, ...(layer && { y: dY }), ...dWeights };
    },
  };
}

/**
 * Copies a case to a device. `forward()` returns its outputs; `backward()` returns the gradients by the names of the
 * inputs, using the results of the last forward pass. `there` maps tfjs tensors to device tensors that already exist.
 * The host tensors may be freed afterwards.
 */
export async function putCase(device, op, { inputs, upstream, options }, there = new Map()) {
  const put = tensor => {
    if (!there.has(tensor)) there.set(tensor, device.tensor(tensor.dataSync(), tensor.shape));
    return there.get(tensor);
  };
  const named = Object.entries(inputs).map(([name, tensor]) => put(tensor).then(made => [name, made]));
  const arriving = upstream.map(put);
  return MAKERS[op]({
    inputs: Object.fromEntries(await Promise.all(named)),
    upstream: await Promise.all(arriving),
    options,
  });
}

/** The results of a case on a device; see expectSame. */
export async function resultsOn({ forward, backward }) {
  const values = tensors => Promise.all(tensors.map(tensor => tensor.download()));
  const outputs = await values(forward());
  const gradients = backward();
  const found = await values(Object.values(gradients));
  return {
    forward: outputs,
    gradient: Object.fromEntries(Object.keys(gradients).map((name, i) => [name, found[i]])),
  };
}
