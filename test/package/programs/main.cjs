const tf = require('@tensorflow/tfjs');
const fc = require('frac-connections');
const runCases = require('./run_cases.cjs');

tf.enableProdMode();
tf.setBackend('cpu').then(() => runCases(tf, fc));
