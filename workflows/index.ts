export { batchWorkflow } from './batch.workflow.js';
export { providerJobWorkflow } from './provider-job.workflow.js';
export { completionWorkflow } from './completion.workflow.js';
