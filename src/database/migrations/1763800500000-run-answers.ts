import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which batch item answered a sample, and which calls of a run have an approximated usage. */
export class RunAnswers1763800500000 implements MigrationInterface {
  name = 'RunAnswers1763800500000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "run_samples" ADD "batch_item_id" text`);
    await runner.query(`ALTER TABLE "calls" ADD "usage_approximated" boolean NOT NULL DEFAULT false`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "calls" DROP COLUMN "usage_approximated"`);
    await runner.query(`ALTER TABLE "run_samples" DROP COLUMN "batch_item_id"`);
  }
}
