import { bestFirst, type JudgedCandidate } from './judge-candidates.js';
import { keywordsOf } from './paragraph.js';
import type { TaskName } from './read-task.js';

/** The reply to a reviewing prompt, as `outputFormats` asks for it. */
export function ballotText(task: Exclude<TaskName, 'synthesis' | 'answer'>, judged: JudgedCandidate[], question: string): string {
  const ranked = bestFirst(judged);
  const ranking = ranked.map((candidate) => candidate.label);
  switch (task) {
    case 'approve': {
      const votes = judged.map(({ label, accepted }) => ({ answer: label, verdict: accepted ? 'ACCEPTED' : 'REJECTED' }));
      return JSON.stringify({ votes, preferred: ranking[0] ?? '' });
    }
    case 'ranking':
      return JSON.stringify({ ranking, reason: `${ranking[0] ?? 'None'} answers the question most directly and gives the result clearly.` });
    case 'critiqueAndRanking': {
      const critiques = judged.map(({ label, accepted }) => ({
        answer: label,
        strengths: accepted ? 'Answers the question and states its result clearly.' : 'Keeps to the topic.',
        weaknesses: accepted ? 'Could show more of the reasoning.' : 'The result does not follow from what is given.',
      }));
      return JSON.stringify({ critiques, ranking });
    }
    case 'analysis': {
      const words = keywordsOf(question, 3).join(', ') || 'the question';
      const rejected = judged.filter((candidate) => !candidate.accepted).map((candidate) => candidate.label);
      return JSON.stringify({
        consensus: [`The answers agree on the main point about ${words}.`, ...(ranked[0] ? [ranked[0].text.slice(0, 240)] : [])],
        contradictions: rejected.map((label) => `${label} comes to another result.`),
        partial_coverage: ranked.length > 1 ? [`Only some answers give reasons.`] : [],
        unique_insights: ranked[0] ? [`${ranked[0].label} states the result most directly.`] : [],
        blind_spots: ['No answer says how its result could be checked.'],
      });
    }
    default: {
      const never: never = task;
      throw new Error(`No ballot for ${String(never)}`);
    }
  }
}

/** The same reply spoiled in the way a fault asks for. */
export function spoilBallot(text: string, effect: string): string {
  const labels = [...new Set(text.match(/(?:Assistant|Answer) \d+/g) ?? [])];
  if (effect === 'malformed_ballot') return `I would put ${labels[0] ?? 'the first'} first, and then the others, but it depends.`;
  const [first = 'Assistant 1', second = 'Assistant 2'] = labels;
  return effect === 'duplicate_labels' ? text.replaceAll(`"${second}"`, `"${first}"`) : text.replaceAll(`"${first}"`, '"Assistant 99"');
}
