import { isGrpcServiceError, NamespaceNotFoundError, ServiceError } from '@temporalio/client';
import { isDatabaseAway } from '../database/until-database-answers.js';

/** Whether an error of the client means that Temporal can't be reached and the same call may work later. A server without our namespace is another home's, which took the port of ours. */
export function isTemporalAway(error: unknown): boolean {
  return isGrpcServiceError(error) || error instanceof ServiceError || error instanceof NamespaceNotFoundError;
}

/** Whether Temporal, or the database its payloads go to, can't be reached: the same start may work later. */
export function isEngineAway(error: unknown): boolean {
  return isTemporalAway(error) || isDatabaseAway(error);
}
