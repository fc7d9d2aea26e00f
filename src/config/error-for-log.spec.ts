import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { pinoHttp, type Options } from 'pino-http';
import { QueryFailedError } from 'typeorm';
import { logOptions } from '../http/log-options.js';
import { errorForLog } from './error-for-log.js';

const prompt = 'the secret of my life';
const failedQuery = () => {
  const driverError = Object.assign(new Error('relation "completions" does not exist'), { code: '42P01', detail: prompt, toJSON: () => prompt });
  return new QueryFailedError('INSERT INTO completions VALUES ($1)', [prompt], driverError);
};

describe('an error in a log line', () => {
  it('tells what it says and where, its code, and the kinds of its causes', () => {
    const error = new TypeError('it broke', { cause: Object.assign(new Error(prompt), { code: 'ECONNRESET', requestBodyValues: prompt }) });
    expect(errorForLog(error)).toEqual({ type: 'TypeError', message: 'it broke', stack: error.stack, causes: ['Error (ECONNRESET)'] });
    expect(errorForLog('a word')).toBe('a word');
  });

  it('never has what a failed query was given, as the api logs it', () => {
    let line = '';
    const stream = new Writable({
      write(chunk, _, done) {
        line += String(chunk);
        done();
      },
    });
    const options = logOptions('info', false).pinoHttp as Options; // Of the forms that nestjs-pino takes, the one we give.
    pinoHttp({ ...options }, stream).logger.error({ msg: 'A request failed.', err: failedQuery() });
    expect(JSON.parse(line)).toMatchObject({ msg: 'A request failed.', err: { type: 'QueryFailedError', message: 'relation "completions" does not exist' } });
    expect(line).not.toContain(prompt);
  });
});
