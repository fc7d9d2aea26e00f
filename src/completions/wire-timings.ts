import type { PolicyName } from '../../workflows/policies/policy-name.js';

/** How long the api waits for what; milliseconds throughout. */
export interface WireTimings {
  /** A JSON answer's status and headers are sent after this long, so that clients which give up without headers (300 s in Node) stay. */
  earlyHeadersMs: number;
  /** Then a space this often: JSON allows white space before the value, and proxies see life. */
  spaceMs: number;
  /** An idle stream gets a comment or ping this often. */
  keepAliveMs: number;
  /** Beyond a completion's deadline its outcome may take this much longer: a worker's death in the last call, a restart of Postgres. */
  patienceMs: number;
  /** A stream's headers and first chunk are sent after this long at the latest, whether its workflow has started or not. */
  streamHeadersMs: number;
  /** A Temporal server that restarts is waited for this long before a request fails; one call to it may take as long. A stream waits on. */
  startPatienceMs: number;
  /** Likewise for Postgres. */
  databasePatienceMs: number;
  /** A client that reads nothing for so long has its stream closed. */
  stalledClientMs: number;
  /** The sweep looks after running completions this often, and at those older than `sweepAgeMs`. */
  sweepMs: number;
  sweepAgeMs: number;
}

/** By the same names as the policies of workflows; `test` only shortens what tests wait for. */
export const wireTimings: Record<PolicyName, WireTimings> = {
  interactive: {
    earlyHeadersMs: 45_000,
    spaceMs: 15_000,
    keepAliveMs: 10_000,
    patienceMs: 30_000,
    streamHeadersMs: 250,
    startPatienceMs: 4_000,
    databasePatienceMs: 8_000,
    stalledClientMs: 300_000,
    sweepMs: 15_000,
    sweepAgeMs: 10_000,
  },
  test: {
    // Errors are told by their status only before: what ends within a second or two has to be told by then on a busy machine too.
    earlyHeadersMs: 6_000,
    spaceMs: 500,
    keepAliveMs: 1_000,
    patienceMs: 15_000,
    streamHeadersMs: 250,
    startPatienceMs: 4_000,
    databasePatienceMs: 8_000,
    stalledClientMs: 10_000,
    sweepMs: 2_000,
    sweepAgeMs: 2_000,
  },
};
