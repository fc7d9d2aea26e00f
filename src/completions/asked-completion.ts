import type { ChatRequest } from '../../domain/chat/chat-request.js';
import type { ConclaveExtensions } from '../../domain/chat/conclave-extensions.js';

/** What a client asked for, whichever endpoint it came through: all that a completion is made of. */
export interface AskedCompletion {
  endpoint: 'openai' | 'anthropic';
  /** As the client wrote it; answers repeat it. */
  model: string;
  request: ChatRequest;
  extensions: ConclaveExtensions;
  n: number;
  stream: boolean;
  /** OpenAI: the client wants a usage chunk at the end of the stream. */
  includeUsage: boolean;
  /** Ids of the tool results with which the conversation ends: whoever asked for them gets them. */
  trailingToolCallIds: string[];
}
