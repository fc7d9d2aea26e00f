import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A pause or its end that a run was asked for, so that it reaches the workflow whoever dies before it is sent. */
export class RunSteering1763801000000 implements MigrationInterface {
  name = 'RunSteering1763801000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "runs" ADD "steering" text`);
    await runner.query(`ALTER TABLE "runs" ADD CONSTRAINT "runs_steering" CHECK ("steering" IN ('pause', 'resume'))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "runs" DROP CONSTRAINT "runs_steering"`);
    await runner.query(`ALTER TABLE "runs" DROP COLUMN "steering"`);
  }
}
