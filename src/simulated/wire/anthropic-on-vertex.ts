import { anthropicMessages } from './anthropic-messages.js';
import type { WireFormat } from './wire-format.js';

/** Claude on Vertex, `<model>:rawPredict` and `:streamRawPredict`: Anthropic's Messages API with the model in the path. */
export const anthropicOnVertex: WireFormat = {
  ...anthropicMessages,
  parse: (input) => anthropicMessages.parse({ ...input, body: { ...input.body, model: input.pathModel } }),
};
