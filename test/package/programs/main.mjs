import * as tf from '@tensorflow/tfjs';
import * as fc from 'frac-connections';
import runCases from './run_cases.cjs';

tf.enableProdMode(); // else tfjs greets on stderr
await tf.setBackend('cpu');
runCases(tf, fc);
