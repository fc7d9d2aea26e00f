import type { JobBook } from './batches/job-book.js';
import type { ProfileSettings } from './model-profile.js';
import type { RecordedAnswers } from './recorded-answers.js';
import type { RequestLog } from './request-log.js';
import type { MatchSubject, RuleBook } from './rules.js';

/** Everything a simulated provider remembers while it runs. */
export interface SimulatedState {
  seed: number;
  profiles: ProfileSettings;
  rules: RuleBook;
  log: RequestLog;
  recorded: RecordedAnswers;
  jobs: JobBook;
  /** Requests and jobs held until released. */
  gates: Set<{ subject: MatchSubject; open: () => void }>;
}
