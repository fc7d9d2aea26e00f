import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The price at which a job's lines were planned and are charged. Jobs from before have none and are charged at the price of their collection, as they were. */
export class JobPrices1763800950000 implements MigrationInterface {
  name = 'JobPrices1763800950000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "provider_jobs" ADD "price" jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "provider_jobs" DROP COLUMN "price"`);
  }
}
