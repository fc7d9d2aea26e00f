import { config as loadDotenv } from 'dotenv';

/** The process's environment, with `.env` of the working folder merged in; what is set already wins. */
export function processEnvironment(): NodeJS.ProcessEnv {
  loadDotenv({ quiet: true });
  return process.env;
}
