export { batchWorkflow } from './batch.workflow.js';
export { providerJobWorkflow } from './provider-job.workflow.js';
export { benchmarkRunWorkflow } from './benchmark-run.workflow.js';
export { runBenchmarkWorkflow } from './run-benchmark.workflow.js';
export { benchmarkChunkWorkflow } from './benchmark-chunk.workflow.js';
export { completionWorkflow } from './completion.workflow.js';
