import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { toCallFailure } from './call-failure.js';

/** Why a step of a run gave up, under its own code where it has one, such as `dataset_hash`. */
export function failureReason(error: unknown): { code: string; message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && typeof cause.type === 'string' && cause.type !== '' && cause.type !== 'Error') return { code: cause.type, message: cause.message };
  const { code, message } = toCallFailure(error);
  return { code, message };
}
