import { Connection } from '@temporalio/client';
import protocol from '@temporalio/proto';
import type { Config } from '../config/config.js';
import { temporalClientOptions } from '../temporal/connect-options.js';

const taskQueue = 'conclave-completions';

/** True once a worker asks Temporal for our workflow tasks. */
export async function workerPolls(config: Config, { temporalAddress, temporalNamespace }: { temporalAddress: string | null; temporalNamespace: string | null }): Promise<boolean> {
  const environment = { ...config.environment, ...(temporalAddress !== null && { TEMPORAL_ADDRESS: temporalAddress }) };
  const connection = await Connection.connect({ ...temporalClientOptions(environment), connectTimeout: 5_000 });
  try {
    const answer = await connection.workflowService.describeTaskQueue({
      namespace: temporalNamespace ?? environment.TEMPORAL_NAMESPACE,
      taskQueue: { name: taskQueue },
      taskQueueType: protocol.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    });
    return answer.pollers.length > 0;
  } finally {
    await connection.close();
  }
}
