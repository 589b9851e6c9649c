import * as fc from 'frac-connections';
import { tensorflowInfo, tf } from 'frac-connections/tensorflow';
import runCases from './run_cases.cjs';

runCases(tf, fc, { tensorflow: tensorflowInfo() });
