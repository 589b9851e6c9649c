// Runs reference cases with the package that the calling program imported, forward and backward, and returns plain numbers.
const values = tensor => ({ shape: tensor.shape, data: finite([...tensor.dataSync()]) });

// JSON would turn NaN into null, which counts as 0.
function finite(data) {
  if (!data.every(Number.isFinite)) throw new Error(`not finite: ${data}`);
  return data;
}

const mapValues = (object, f) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, f(value)]));

function runCase(tf, fc, { name, options, inputs, gradX, gradOut }) {
  const tensor = ({ data, shape }) => tf.tensor(data, shape, 'float32');
  const names = Object.keys(inputs);
  const forward = ({ h, y, ...weights }) => {
    const { x, alpha, beta } = fc.fracWidth(h, weights, options);
    return { x, alpha, beta, out: fc.fracDepth(h, y, alpha, beta, options) };
  };
  const named = tensors => Object.fromEntries(names.map((each, i) => [each, tensors[i]]));
  const seeds = { x: tensor(gradX), out: tensor(gradOut) };
  const loss = (...tensors) => {
    const { x, out } = forward(named(tensors));
    return tf.add(tf.sum(tf.mul(x, seeds.x)), tf.sum(tf.mul(out, seeds.out)));
  };
  const given = names.map(each => tensor(inputs[each]));
  return {
    name,
    outputs: mapValues(forward(named(given)), values),
    gradients: mapValues(named(tf.grads(loss)(given)), values),
  };
}

/** One line of JSON: the results, and how they came about. */
module.exports = function runCases(tf, fc, more = {}) {
  const cases = JSON.parse(
    require('node:fs').readFileSync(require('node:path').join(__dirname, 'cases.json'), 'utf8'),
  );
  const results = cases.map(each => runCase(tf, fc, each));
  const { version, platform, arch } = process;
  const machine = { version, platform, arch };
  console.log(
    JSON.stringify({ results, machine, runtime: fc.runtimeInfo(), native: fc.nativeInfo(), ...more }),
  );
};
