import type { StageName } from '../../domain/chat/call.js';
import type { CompletionFailure, CompletionOutcome, Missing } from '../../domain/chat/decision.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';

export interface StageShortfall {
  stage: StageName;
  answered: number;
  of: number;
  needed: number;
  /** Everything missing so far, this stage's included. */
  missing: Missing[];
  stageReached: StageName | null;
}

/** Below quorum: says how many were missing and why each one is. If all failed for one reason that a client can act on, it is that reason. */
export function quorumFailure(shortfall: StageShortfall): CompletionOutcome {
  const { stage, answered, of, needed, missing, stageReached } = shortfall;
  const absent = missing.filter((absence) => absence.stage === stage);
  const shared = answered === 0 && absent.length === of ? sharedCode(absent) : null;
  const text = `Quorum not reached in stage '${stage}': ${answered} of ${of} answered, ${needed} needed. ${causes(absent)}`;
  return { ok: false, failure: { code: shared ?? 'quorum_not_reached', message: text, missing, stageReached } };
}

/** The only model there was failed. */
export function callFailed(input: { missing: Missing[]; stageReached: StageName | null }): CompletionOutcome {
  const last = input.missing.at(-1);
  const code = last ? (codeOf(last.failure.code) ?? 'upstream_error') : 'upstream_error';
  return { ok: false, failure: { code, message: causes(input.missing), ...input } };
}

/** The deadline passed before anything usable came. */
export function deadlineFailure(input: { missing: Missing[]; stageReached: StageName | null }): CompletionOutcome {
  return { ok: false, failure: { code: 'deadline_exceeded', message: `The deadline passed without an answer. ${causes(input.missing)}`.trim(), ...input } };
}

/** Answers came, but none that may be returned. */
export function nothingValid(input: { problem: string; missing: Missing[]; stageReached: StageName | null }): CompletionOutcome {
  const { problem, ...rest } = input;
  return { ok: false, failure: { code: 'upstream_error', message: `${problem} ${causes(rest.missing)}`.trim(), ...rest } };
}

function causes(missing: Missing[]): string {
  return missing.map((absence) => `${absence.member}: ${causeOf(absence.failure)}`).join('; ');
}

function causeOf(failure: CallFailure): string {
  const { httpStatus } = failure;
  const status = httpStatus === undefined || failure.message.includes(String(httpStatus)) ? '' : ` (HTTP ${httpStatus})`;
  return `${failure.code}${status}, ${failure.message}`;
}

function sharedCode(missing: Missing[]): CompletionFailure['code'] | null {
  const codes = new Set(missing.map((absence) => codeOf(absence.failure.code)));
  const [first] = codes;
  return codes.size === 1 && first !== undefined ? first : null;
}

/** What a member's failure means for the client where it is the whole story; null: nothing that it could act on. */
function codeOf(code: CallFailure['code']): CompletionFailure['code'] | null {
  switch (code) {
    case 'auth':
      return 'upstream_auth';
    case 'bad_request':
    case 'unsupported_parameter':
      return 'bad_request';
    case 'context_length':
      return 'context_length_exceeded';
    case 'content_filter':
      return 'content_filter';
    case 'canceled':
      return 'canceled';
    case 'deadline_exceeded':
      return 'deadline_exceeded';
    case 'rate_limit':
    case 'overloaded':
    case 'timeout':
    case 'network':
    case 'server_error':
    case 'billing':
    case 'not_found':
    case 'empty_answer':
    case 'invalid_answer':
    case 'internal':
      return null;
  }
}

const failureOfPanel: Record<CompletionFailure['code'], CallFailure['code']> = {
  quorum_not_reached: 'server_error',
  deadline_exceeded: 'deadline_exceeded',
  upstream_auth: 'auth',
  upstream_error: 'server_error',
  bad_request: 'bad_request',
  context_length_exceeded: 'context_length',
  content_filter: 'content_filter',
  canceled: 'canceled',
  internal: 'internal',
};

/** A panel's failure as that of one call: what the seat of a nested panel, and a panel's item in a batch, come to. */
export function asCallFailure(failure: CompletionFailure): CallFailure {
  return { code: failureOfPanel[failure.code], message: failure.message };
}
