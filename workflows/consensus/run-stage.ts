import type { StageName } from '../../domain/chat/call.js';
import type { Missing } from '../../domain/chat/decision.js';
import type { MemberPlan } from '../../domain/chat/plan.js';
import type { CallFailure } from '../../domain/failures/failure-code.js';
import type { StrategyContext } from './strategy.js';

/** What one seat of a stage came to. */
export type SeatOutcome<T> = { ok: true; value: T } | { ok: false; failure: CallFailure };

/** One seat: who sits there, and its part of the stage. `start` never rejects. */
export interface Seat<T> {
  member: MemberPlan;
  start(): Promise<SeatOutcome<T>>;
}

export interface StageInput<T> {
  context: StrategyContext;
  stage: StageName;
  seats: Seat<T>[];
  /** With so many answers the others get only the grace period. */
  quorum: number;
  grace: { ratio: number; minMs: number; maxMs: number };
  /** Milliseconds since the epoch at which the stage ends with what it has. */
  deadlineAt: number;
  /** Whether the answers so far settle the matter, so that nobody else is waited for and nobody is missed. */
  isSettled?: (answers: { seat: number; value: T }[]) => boolean;
}

/** Answers and absences in seat order. `ended` says what ended the stage: everybody was heard, the quorum's grace, the deadline, or a settled matter. */
export interface StageResult<T> {
  answers: { seat: number; value: T }[];
  missing: Missing[];
  ended: 'all' | 'grace' | 'deadline' | 'settled';
}

/**
 * Starts all seats at once and waits for everybody, but not for ever: once the quorum is met stragglers get
 * `clamp(ratio × elapsed, minMs, maxMs)`, and at the deadline the stage ends in any case. Late answers change nothing.
 */
export function runStage<T>(input: StageInput<T>): Promise<StageResult<T>> {
  const { context, seats } = input;
  const startedAt = context.now();
  const outcomes = new Array<SeatOutcome<T> | undefined>(seats.length).fill(undefined);
  context.emit({ type: 'stage', stage: input.stage, calls: seats.length });
  if (input.deadlineAt <= startedAt || seats.length === 0) return Promise.resolve(resultOf(input, outcomes, seats.length === 0 ? 'all' : 'deadline'));
  return new Promise((resolve, reject) => {
    const timers: { cancel(): void }[] = [];
    let isOver = false;
    const finish = (ended: StageResult<T>['ended']) => {
      if (isOver) return;
      isOver = true;
      for (const timer of timers) timer.cancel();
      resolve(resultOf(input, outcomes, ended));
    };
    const endAfter = (ms: number, ended: StageResult<T>['ended']) => {
      const timer = context.sleep(ms);
      timers.push(timer);
      timer.done.then(() => finish(ended), () => undefined);
    };
    let hasGrace = false;
    const look = () => {
      if (isOver) return;
      if (outcomes.every((outcome) => outcome !== undefined)) return finish('all');
      const answers = answersOf(outcomes);
      if (input.isSettled?.(answers)) return finish('settled');
      if (hasGrace || answers.length < input.quorum) return;
      hasGrace = true;
      endAfter(graceMs(input.grace, context.now() - startedAt), 'grace');
    };
    seats.forEach((seat, index) => {
      seat.start().then((outcome) => {
        outcomes[index] = outcome;
        look();
      }, reject);
    });
    endAfter(input.deadlineAt - startedAt, 'deadline');
  });
}

/** Milliseconds that stragglers get once the quorum is met after `elapsedMs`. */
export function graceMs(grace: { ratio: number; minMs: number; maxMs: number }, elapsedMs: number): number {
  return Math.round(Math.min(Math.max(grace.ratio * elapsedMs, grace.minMs), Math.max(grace.minMs, grace.maxMs)));
}

/** A call given until the deadline may report its own time-out a moment before or after the stage ends. */
const deadlineSlackMs = 100;

/** Whether a stage is short of answers because time ran out, not because members failed. */
export function isOutOfTime(context: StrategyContext, stage: Pick<StageResult<unknown>, 'ended' | 'missing'>): boolean {
  return (
    stage.ended === 'deadline' ||
    stage.missing.some(({ failure }) => failure.code === 'deadline_exceeded' || (failure.code === 'timeout' && context.now() >= context.deadlineAt - deadlineSlackMs))
  );
}

/** Whether nobody failed otherwise than by being late. */
export function isOnlyLate(missing: readonly Missing[]): boolean {
  return missing.every(({ failure }) => failure.code === 'deadline_exceeded' || failure.code === 'timeout');
}

function answersOf<T>(outcomes: (SeatOutcome<T> | undefined)[]): { seat: number; value: T }[] {
  return outcomes.flatMap((outcome, seat) => (outcome?.ok ? [{ seat, value: outcome.value }] : []));
}

function resultOf<T>(input: StageInput<T>, outcomes: (SeatOutcome<T> | undefined)[], ended: StageResult<T>['ended']): StageResult<T> {
  const missing = outcomes.flatMap((outcome, index): Missing[] => {
    if (outcome?.ok || (outcome === undefined && ended === 'settled')) return [];
    const failure = outcome?.failure ?? lateness(ended);
    return [{ stage: input.stage, member: input.seats[index]?.member.label ?? '', failure }];
  });
  return { answers: answersOf(outcomes), missing, ended };
}

function lateness(ended: StageResult<unknown>['ended']): CallFailure {
  const message = ended === 'grace' ? 'No answer within the grace period after the quorum was met.' : 'No answer before the deadline.';
  return { code: 'deadline_exceeded', message };
}
