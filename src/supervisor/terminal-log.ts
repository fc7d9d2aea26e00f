import { styleText } from 'node:util';
import { formatLogLine } from './format-log-line.js';

const width = 9;
const colours: Record<string, Parameters<typeof styleText>[0]> = { conclave: 'bold', api: 'cyan', worker: 'green', temporal: 'magenta', postgres: 'blue', simulated: 'yellow', migrate: 'gray' };

/** Writes lines with the name of their process in front, coloured on a terminal. */
export function terminalLog(): (part: string, line: string) => void {
  const isColoured = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  return (part, line) => {
    const name = part.padEnd(width);
    const prefix = isColoured ? styleText(colours[part] ?? 'white', name) : name;
    for (const each of formatLogLine(line).split('\n')) process.stdout.write(`${prefix}│ ${each}\n`);
  };
}
