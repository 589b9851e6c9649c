const fc = require('frac-connections');
const { tensorflowInfo, tf } = require('frac-connections/tensorflow');
const runCases = require('./run_cases.cjs');

runCases(tf, fc, { tensorflow: tensorflowInfo() });
