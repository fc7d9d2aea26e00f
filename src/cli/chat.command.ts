import { createInterface } from 'node:readline/promises';
import { styleText } from 'node:util';
import type { ChatMessage, ChatSummary } from './chat-stream.js';
import { streamChat } from './chat-stream.js';
import type { Server } from './find-server.js';
import { findServer } from './find-server.js';

/** One answer when a message is given, otherwise a conversation until Ctrl-D. */
export async function chatCommand(message: string, options: { url?: string; key?: string; model: string; system?: string }): Promise<void> {
  const server = await findServer(options);
  const messages: ChatMessage[] = options.system === undefined ? [] : [{ role: 'system', content: options.system }];
  if (message !== '') {
    await answer(server, options.model, [...messages, { role: 'user', content: message }]);
    return;
  }
  await converse(server, options.model, messages);
}

async function converse(server: Server, model: string, messages: ChatMessage[]): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '› ' });
  console.log(dim(`${model} at ${server.url}. Ctrl-D ends.`));
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() !== '') {
      messages.push({ role: 'user', content: line });
      try {
        messages.push({ role: 'assistant', content: (await answer(server, model, messages)).text });
      } catch (error) {
        messages.pop();
        console.error(error instanceof Error ? error.message : String(error));
      }
    }
    terminal.prompt();
  }
}

async function answer(server: Server, model: string, messages: ChatMessage[]): Promise<ChatSummary> {
  const summary = await streamChat(server, { model, messages }, {
    text: (piece) => process.stdout.write(piece),
    stage: (note) => { if (process.stderr.isTTY && note.trim() !== 'keep-alive') process.stderr.write(`${dim(note.trim())}\n`); },
  });
  process.stdout.write('\n');
  if (process.stderr.isTTY) process.stderr.write(`${dim(describe(summary))}\n`);
  return summary;
}

function describe(summary: ChatSummary): string {
  return [
    summary.calls === null ? null : `${String(summary.calls)} call${summary.calls === 1 ? '' : 's'}`,
    summary.costUsd === null ? null : `$${summary.costUsd.toFixed(6)}`,
    summary.isSimulated ? 'simulated' : null,
    summary.isDegraded ? 'degraded' : null,
    summary.completionId,
  ].filter((part) => part !== null).join(' · ');
}

function dim(text: string): string {
  return process.stdout.isTTY ? styleText('dim', text) : text;
}
