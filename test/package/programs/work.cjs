// Two worker threads compute, each on two threads of its own: the most segments and blocks that there are, because some systems give
// a thread little stack (musl 128 KiB). The main thread computes at the same time and prints all results; with the argument
// `exit` it ends the process at work.
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const tf = require('@tensorflow/tfjs');
const { Connection, path, setThreads } = require('frac-connections');

tf.enableProdMode();

async function compute() {
  await tf.setBackend('cpu');
  setThreads(2);
  const connection = new Connection({ dim: 64, streams: 2, fractions: 8, layerIndex: 0 });
  const h = tf.tidy(() => tf.sin(tf.range(0, 4000 * 128)).reshape([4000, 128]));
  return tf.tidy(() => [
    path(),
    ...tf
      .grad(x => connection.apply(x, y => y))(h)
      .sum()
      .dataSync(),
  ]);
}

const start = data => new Worker(__filename, { workerData: data });
const asked = () => new Promise((done, fail) => start('once').on('message', done).on('error', fail));

async function main() {
  if (process.argv[2] === 'exit') {
    start('always');
    start('always');
    setTimeout(process.exit, 700, 3);
  } else console.log(JSON.stringify(await Promise.all([asked(), asked(), compute()])));
}

async function work() {
  do parentPort.postMessage(await compute());
  while (workerData === 'always');
}

if (isMainThread) main();
else work();
