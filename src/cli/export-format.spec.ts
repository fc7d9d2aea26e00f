import { describe, expect, it } from '@jest/globals';
import { exportFormat } from './export-format.js';

describe('exportFormat', () => {
  it.each([
    [undefined, 'zip'],
    ['run_a', 'zip'],
    ['runs/run_a.zip', 'zip'],
    ['report.pdf', 'pdf'],
    ['REPORT.PDF', 'pdf'],
    ['report.md', 'markdown'],
    ['a.b.jsonl', 'jsonl'],
    ['/dev/null', 'zip'],
  ])('reads in the name %s that it is %s', (output, format) => {
    expect(exportFormat({ ...(output !== undefined && { output }) })).toBe(format);
  });

  it('does what it is told whatever the file is called, and asks where the name says nothing it knows', () => {
    expect(exportFormat({ format: 'csv', output: 'a.pdf' })).toBe('csv');
    expect(() => exportFormat({ output: 'report.docx' })).toThrow("The name 'report.docx' does not say which format is meant: add --format with one of zip, json");
    expect(() => exportFormat({ output: 'a.constructor' })).toThrow('--format');
  });
});
