import { migrate } from '../database/migrate.js';
import { withDatabase } from './find-database.js';

/** Brings the database up to date and says what ran. */
export async function migrateCommand(): Promise<void> {
  const ran = await withDatabase(migrate);
  console.log(ran.length === 0 ? 'The database is up to date.' : `Applied ${ran.join(', ')}.`);
}
