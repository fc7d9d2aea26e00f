import type { CallPrompt } from '../chat/call.js';
import { outputFormats } from './output-formats.js';

/** More of an unreadable reply than this is not quoted back. */
const quotedCharacters = 4_000;

/** Asks a voter once more, with the same question, its unreadable reply, and what was wrong with it. */
export function ballotRepairPrompt(input: { prompt: CallPrompt; reply: string; reason: string; fence: string }): CallPrompt {
  const quoted = input.reply.slice(0, quotedCharacters);
  return {
    ...input.prompt,
    user: [
      input.prompt.user ?? '',
      `${outputFormats.repair} What was wrong: ${input.reason}. The reply was:`,
      `[[reply ${input.fence}]]\n${quoted}\n[[end reply ${input.fence}]]`,
      'Give your judgement again, this time as exactly the JSON object described above, with nothing before or after it.',
    ].join('\n\n'),
  };
}
