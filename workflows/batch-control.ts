import type { BatchMode } from '../domain/batches/batch-status.js';
import { isRetryable, failureCodes } from '../domain/failures/failure-code.js';
import type { FailureCode } from '../domain/failures/failure-code.js';

/** Why a batch stands still by itself. `resumesByItself`: a timer ends it. */
export interface Hold {
  code: string;
  message: string;
  resumesByItself: boolean;
}

/** What signals and outcomes have asked of a batch and is not done yet. */
export interface BatchControl {
  canceled: boolean;
  pausedByUser: boolean;
  hold: Hold | null;
  retryFailed: boolean;
  switchTo: BatchMode | null;
  /** Pauses of its own in a row, since the last job that brought answers. */
  rateLimitPauses: number;
}

export type BatchEvent =
  | { type: 'pause' }
  | { type: 'resume' }
  | { type: 'cancel' }
  | { type: 'retryFailed' }
  | { type: 'switchMode'; mode: BatchMode }
  | { type: 'hindered'; code: string; message: string }
  | { type: 'progressed' }
  | { type: 'timeUp' };

export const initialControl: BatchControl = { canceled: false, pausedByUser: false, hold: null, retryFailed: false, switchTo: null, rateLimitPauses: 0 };

/** The control after an event. The same event twice does what it does once; after `cancel` nothing else has an effect. */
export function nextControl(control: BatchControl, event: BatchEvent): BatchControl {
  if (control.canceled) return control;
  switch (event.type) {
    case 'pause':
      return { ...control, pausedByUser: true };
    case 'resume':
      return { ...control, pausedByUser: false, hold: null };
    case 'cancel':
      return { ...control, canceled: true, retryFailed: false, switchTo: null };
    case 'retryFailed':
      return { ...control, retryFailed: true };
    case 'switchMode':
      return { ...control, switchTo: event.mode };
    case 'hindered':
      return hindered(control, event);
    case 'progressed':
      return { ...control, rateLimitPauses: 0 };
    case 'timeUp':
      return control.hold?.resumesByItself ? { ...control, hold: null } : control;
    default: {
      const never: never = event;
      return never;
    }
  }
}

// What passes by waiting resumes by itself; a refused key, missing money, a reached cap and our own faults wait for somebody.
function hindered(control: BatchControl, { code, message }: { code: string; message: string }): BatchControl {
  const resumesByItself = isFailureCode(code) && isRetryable(code);
  // The hold that needs somebody outlasts the one that does not.
  if (control.hold && (!control.hold.resumesByItself || resumesByItself)) return control;
  return { ...control, hold: { code, message, resumesByItself }, rateLimitPauses: resumesByItself ? control.rateLimitPauses + 1 : control.rateLimitPauses };
}

function isFailureCode(code: string): code is FailureCode {
  return (failureCodes as readonly string[]).includes(code);
}

/** Why nothing new may be submitted now; null: it may. */
export function pauseReason(control: BatchControl): { code: string; message: string } | null {
  if (control.hold) return { code: control.hold.code, message: control.hold.message };
  return control.pausedByUser ? { code: 'user', message: 'Paused until it is resumed.' } : null;
}

/** Whether jobs that are planned may be begun. */
export function mayBegin(control: BatchControl): boolean {
  return !control.canceled && control.switchTo === null && pauseReason(control) === null;
}
