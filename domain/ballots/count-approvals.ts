import { seededHash } from './seeded-random.js';

/** One voter's verdicts as counted: by candidate index, `undefined` where the candidate was not shown or must not count. */
export interface CountedApproval {
  accepted: readonly (boolean | undefined)[];
  preferred: number | null;
}

/** Counts by candidate index, the share of acceptances among the verdicts given, and all candidates best first. */
export interface ApprovalResult {
  accepted: number[];
  preferred: number[];
  shares: number[];
  ranking: number[];
}

/**
 * Approval with preference: most acceptances first (as a share of the verdicts on the candidate, so that nobody gains or loses by a vote that
 * did not count), then most preferences, then the seeded hash of the candidate's key.
 */
export function countApprovals(input: { ballots: readonly CountedApproval[]; keys: readonly string[]; seed: number }): ApprovalResult {
  const { ballots, keys, seed } = input;
  const accepted = keys.map((_, candidate) => ballots.filter((ballot) => ballot.accepted[candidate] === true).length);
  const judged = keys.map((_, candidate) => ballots.filter((ballot) => ballot.accepted[candidate] !== undefined).length);
  const preferred = keys.map((_, candidate) => ballots.filter((ballot) => ballot.preferred === candidate).length);
  const shares = accepted.map((count, candidate) => (judged[candidate] ? count / judged[candidate] : 0));
  const hashes = keys.map((key) => seededHash(seed, key));
  const ranking = keys.map((_, candidate) => candidate).sort(
    (left, right) =>
      (shares[right] ?? 0) - (shares[left] ?? 0) ||
      (preferred[right] ?? 0) - (preferred[left] ?? 0) ||
      ((hashes[left] ?? '') < (hashes[right] ?? '') ? -1 : 1),
  );
  return { accepted, preferred, shares, ranking };
}
