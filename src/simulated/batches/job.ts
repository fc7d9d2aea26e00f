import type { WireFormat } from '../wire/wire-format.js';
import type { Spool } from './spool.js';

/** Where a job stands. OpenAI's words; the other vendors' renderers translate. */
export type JobState = 'validating' | 'in_progress' | 'finalizing' | 'completed' | 'failed' | 'expired' | 'cancelling' | 'cancelled';

/** Milliseconds a job stays in a state at least. */
export interface JobDelays {
  validating: number;
  in_progress: number;
  finalizing: number;
  cancelling: number;
}

/** What is going to happen to a job, decided by the rules when it is created. */
export interface JobPlan {
  delays: JobDelays;
  /** Lines to answer before the job is held, gets stuck or ends early. */
  rows: number;
  /** `stuck`: in progress until somebody cancels. */
  ending: 'completed' | 'failed' | 'expired' | 'cancelled' | 'stuck';
  /** States that last until released. */
  holds: JobState[];
  /** Whether rows come in another order than the lines. */
  shuffled: boolean;
}

/** A file at a provider: uploaded by a client, or written by a job. */
export interface SimulatedFile {
  id: string;
  provider: string;
  name: string;
  displayName: string | null;
  purpose: string;
  mimeType: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  content: Spool;
}

/** A fault of an input file, as OpenAI's `errors.data` tells it; `line` counts from 1. */
export interface InputFault {
  code: string;
  line: number | null;
  message: string;
  param: string | null;
}

/** One batch job at one provider. Times are milliseconds since the epoch. */
export interface SimulatedJob {
  id: string;
  provider: string;
  dialect: JobDialect;
  model: string;
  /** Path that all lines name; `''` where there is only one kind. */
  endpoint: string;
  /** Display name, where the vendor has one. */
  name: string | null;
  metadata: Record<string, string> | null;
  completionWindow: string;
  createdAt: number;
  expiresAt: number;
  input: Spool;
  /** Its first lines, some kilobytes: what rules and look-ups by `contains` see of the input. */
  opening: string;
  inputFileId: string | null;
  /** Inline requests bring inline answers (Gemini). */
  inline: boolean;
  state: JobState;
  times: Partial<Record<JobState, number>>;
  counts: { total: number; succeeded: number; failed: number; canceled: number; expired: number };
  faults: InputFault[];
  output: SimulatedFile | null;
  errors: SimulatedFile | null;
  plan: JobPlan;
  /** Aborted when somebody cancels. */
  cancel: AbortController;
  /** Set by a reset: the job ends without a trace. */
  dropped: boolean;
}

/** A line of a job's input, read as far as it can be. */
export interface JobLine {
  customId: string;
  format: WireFormat;
  /** Path at which a realtime client would send the same body. */
  path: string;
  pathModel: string | null;
  body: Record<string, unknown>;
}

/** What became of a line: an answer's or an error's status and body, in the vendor's own form. */
export interface LineOutcome {
  status: number;
  body: unknown;
  requestId: string;
}

/** What the vendors do differently with a job's lines. */
export interface JobDialect {
  vendor: 'openai' | 'anthropic' | 'gemini';
  /** Whether rows with a status from 400 go to a file of their own. */
  separateErrors: boolean;
  /** Whether a job that is cancelled or expires delivers (and charges) what it had done. */
  keepsPartial: boolean;
  /** Checks a whole input; empty: it is sound. */
  validate(job: SimulatedJob): Promise<InputFault[]>;
  readLine(job: SimulatedJob, text: string): JobLine;
  /** The JSON of a result row. */
  row(line: JobLine, outcome: LineOutcome): unknown;
  /** The row of a line that was not answered; null: there is none. */
  unansweredRow(line: JobLine, reason: 'cancelled' | 'expired'): unknown;
  /** Gives a job's result file its id. */
  outputId(job: SimulatedJob, kind: 'output' | 'error'): string;
}
