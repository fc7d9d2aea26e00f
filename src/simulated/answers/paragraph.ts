import { seededChoice, seededUnit } from '../seeded-hash.js';

const stopWords = new Set(
  ('about above after again against because been before being below between both could does doing down during each explain from further give have having here how into just ' +
    'know like make more most much need only other over please same should some such tell than that their them then there these they this those through under until very want was ' +
    'were what when where which while will with would write your yours answer question describe reply with sentence sentences short list')
    .split(' '),
);

const openings = ['In short,', 'Broadly speaking,', 'To begin with,', 'As far as it can be put briefly,'];
const middles = [
  '%1 is best understood together with %2: one sets the frame, and the other decides the details.',
  'the main point about %1 is how it relates to %2, and most practical questions follow from that.',
  '%1 and %2 belong together, although they are often treated apart.',
  'what matters about %1 depends on %2 more than on anything else.',
];
const seconds = [
  'A sound approach to %3 starts with a simple case, checks it, and only then adds the exceptions.',
  'In practice %3 is where mistakes happen, so it deserves a check of its own.',
  'It helps to keep %3 apart from the rest and to state the assumptions openly.',
];
const thirds = [
  'There are trade-offs: what makes it simple at first makes it harder to change later.',
  'Opinions differ on the details, but the order of the steps is rarely disputed.',
  'Where figures are needed, they should come from a measurement and not from memory.',
  'If only one thing is remembered, it should be the connection between these points.',
];

/** The words a question is about, in order of appearance and without repetition: at most `limit`. */
export function keywordsOf(question: string, limit: number): string[] {
  const found = new Set<string>();
  for (const word of question.match(/[\p{L}][\p{L}\p{N}'-]{3,}/gu) ?? []) {
    if (!stopWords.has(word.toLowerCase())) found.add(word.toLowerCase());
    if (found.size >= limit) break;
  }
  return [...found];
}

/** A plausible paragraph about the question's keywords, for questions to which the simulation knows no answer. `images` are acknowledged. */
export function paragraphAbout({ question, voice, images }: { question: string; voice: string; images: number }): string {
  if (/^\s*(?:hi|hello|hey|good (?:morning|evening|day))\b/i.test(question) && question.length < 60) return 'Hello! How can I help you today?';
  const [first = 'this', second = 'its context', third = first] = keywordsOf(question, 6);
  const fill = (text: string): string => text.replace('%1', first).replace('%2', second).replace('%3', third);
  const sentences = [
    ...(images > 0 ? [`I looked at the ${images === 1 ? 'image' : `${images} images`} you sent.`] : []),
    `${seededChoice(openings, 'opening', voice, question)} ${fill(seededChoice(middles, 'middle', voice, question))}`,
    fill(seededChoice(seconds, 'second', voice, question)),
    ...(seededUnit('length', voice, question) < 0.6 ? [seededChoice(thirds, 'third', voice, question)] : []),
    '(A simulated answer.)',
  ];
  return sentences.join(' ');
}
