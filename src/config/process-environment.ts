import { config as loadDotenv } from 'dotenv';

/** The process's environment, with `.env` of the working folder merged in; what is set already wins, and what is empty counts as unset. */
export function processEnvironment(): NodeJS.ProcessEnv {
  loadDotenv({ quiet: true });
  return Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined && value.trim() !== ''));
}
