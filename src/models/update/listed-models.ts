import type { ListedModel } from '../../providers/provider.js';

interface Rule {
  keep: RegExp;
  drop: RegExp;
}

// What answers a chat; a provider's list has its other machines too. `o1` and `o3` stand bare as well as with a suffix.
const rules: Record<string, Rule> = {
  openai: { keep: /^(gpt-|chatgpt-|o\d+(-|$))/, drop: /audio|realtime|image|tts|whisper|dall-e|transcribe|embedding|moderation/ },
  anthropic: { keep: /^claude-/, drop: /$^/ },
  gemini: { keep: /^gemini-/, drop: /tts|robotics|computer-use|image|embedding|aqa|audio|live|latest/ },
};
const other: Rule = { keep: /./, drop: /whisper|tts|embed|rerank|guard|moderation|image|transcribe|speech/i };

/** Of a provider's own list, the models that answer chats, in its order. */
export function chatModels(provider: string, listed: readonly ListedModel[]): ListedModel[] {
  const { keep, drop } = rules[provider] ?? other;
  return listed.filter(({ id }) => keep.test(id) && !drop.test(id));
}
