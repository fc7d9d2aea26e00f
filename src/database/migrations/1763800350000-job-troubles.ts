import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a provider job must remember between attempts: failures in a row, what was mistaken for it, when its end was asked for. */
export class JobTroubles1763800350000 implements MigrationInterface {
  name = 'JobTroubles1763800350000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "provider_jobs" ADD "certain" boolean NOT NULL DEFAULT true`);
    await runner.query(`ALTER TABLE "provider_jobs" ADD "rejected_references" text array NOT NULL DEFAULT '{}'`);
    await runner.query(`ALTER TABLE "provider_jobs" ADD "trouble_count" integer NOT NULL DEFAULT '0'`);
    await runner.query(`ALTER TABLE "provider_jobs" ADD "cancel_sent_at" TIMESTAMP WITH TIME ZONE`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "provider_jobs" DROP COLUMN "cancel_sent_at"`);
    await runner.query(`ALTER TABLE "provider_jobs" DROP COLUMN "trouble_count"`);
    await runner.query(`ALTER TABLE "provider_jobs" DROP COLUMN "rejected_references"`);
    await runner.query(`ALTER TABLE "provider_jobs" DROP COLUMN "certain"`);
  }
}
