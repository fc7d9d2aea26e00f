import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often the calls of a realtime chunk were begun, by which an attempt sees that another one goes on in its place. */
export class ChunkStarts1763800700000 implements MigrationInterface {
  name = 'ChunkStarts1763800700000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "provider_jobs" ADD "start_count" integer NOT NULL DEFAULT '0'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "provider_jobs" DROP COLUMN "start_count"`);
  }
}
