import type { SeenRequest } from '../support/simulated-client.js';

const taskOfStage: Record<string, string> = { propose: 'answer', review: 'critiqueAndRanking', chairman: 'synthesis' };
const seats = ['alder', 'birch', 'cedar'];

/** Keys of calls of `panel/three`, stored before the kill, whose request came again: the failure that durability is there to prevent. */
export function paidTwice(requests: SeenRequest[], storedKeys: string[]): string[] {
  return storedKeys.filter((key) => {
    const [stage = '', , memberIndex = ''] = key.split('/');
    const model = stage === 'chairman' ? 'chair' : seats[Number(memberIndex)];
    return requests.filter((request) => request.model === model && request.task === taskOfStage[stage]).length !== 1;
  });
}
