import type { SeenRequest } from '../support/simulated-client.js';

const taskOfStage: Record<string, string> = { propose: 'answer', review: 'critiqueAndRanking', chairman: 'synthesis' };
const seats = ['alder', 'birch', 'cedar'];

/** Requests that a logical call of `panel/three` led to. */
function requestsOf(key: string, requests: SeenRequest[]): SeenRequest[] {
  const [stage = '', , memberIndex = ''] = key.split('/');
  const model = stage === 'chairman' ? 'chair' : seats[Number(memberIndex)];
  return requests.filter((request) => request.model === model && request.task === taskOfStage[stage]);
}

/** Keys of calls, stored before a kill, that were not made exactly once: the failure that durability is there to prevent. */
export function paidTwice(requests: SeenRequest[], storedKeys: string[]): string[] {
  return storedKeys.filter((key) => requestsOf(key, requests).length !== 1);
}

/** Keys of calls that were made again after their answer had been stored. */
export function paidAgain(requests: SeenRequest[], stored: { key: string; ended_at: Date }[]): string[] {
  return stored.filter((row) => requestsOf(row.key, requests).some((request) => request.atMs > row.ended_at.getTime())).map((row) => row.key);
}
