import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Completions, their calls, streamed chunks, tool call owners, panels, API keys and large payloads. */
export class Foundation1763700000000 implements MigrationInterface {
  name = 'Foundation1763700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE "api_keys" ("id" text NOT NULL, "name" text NOT NULL, "prefix" text NOT NULL, "hash" text NOT NULL, "requests_per_minute" integer, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "revoked_at" TIMESTAMP WITH TIME ZONE, CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE UNIQUE INDEX "api_keys_hash" ON "api_keys" ("hash")`);
    await runner.query(`CREATE TABLE "completions" ("id" text NOT NULL, "status" text NOT NULL, "caller" text NOT NULL, "idempotency_key" text, "body_hash" text NOT NULL, "endpoint" text NOT NULL, "model" text NOT NULL, "strategy" text NOT NULL, "panel" text, "plan" jsonb NOT NULL, "request" jsonb NOT NULL, "stream" boolean NOT NULL, "usage_mode" text NOT NULL, "simulated" boolean NOT NULL, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "deadline_at" TIMESTAMP WITH TIME ZONE NOT NULL, "finished_at" TIMESTAMP WITH TIME ZONE, "decision" jsonb, "failure" jsonb, "call_count" integer NOT NULL DEFAULT '0', "input_tokens" bigint NOT NULL DEFAULT '0', "output_tokens" bigint NOT NULL DEFAULT '0', "cached_input_tokens" bigint NOT NULL DEFAULT '0', "reasoning_tokens" bigint NOT NULL DEFAULT '0', "final_input_tokens" bigint NOT NULL DEFAULT '0', "final_output_tokens" bigint NOT NULL DEFAULT '0', "cost_nano_usd" bigint NOT NULL DEFAULT '0', "cost_known" boolean NOT NULL DEFAULT true, "degraded" boolean NOT NULL DEFAULT false, CONSTRAINT "completions_status" CHECK ("status" IN ('running', 'completed', 'failed', 'canceled')), CONSTRAINT "completions_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "completions_running" ON "completions" ("created_at") WHERE "status" = 'running'`);
    await runner.query(`CREATE INDEX "completions_created" ON "completions" ("created_at", "id")`);
    await runner.query(`CREATE INDEX "completions_attach" ON "completions" ("caller", "body_hash", "created_at")`);
    await runner.query(`CREATE UNIQUE INDEX "completions_idempotency" ON "completions" ("caller", "idempotency_key") WHERE "idempotency_key" IS NOT NULL`);
    await runner.query(`CREATE TABLE "stream_chunks" ("completion_id" text NOT NULL, "attempt" integer NOT NULL, "text_offset" integer NOT NULL, "text" text NOT NULL, CONSTRAINT "stream_chunks_pkey" PRIMARY KEY ("completion_id", "attempt", "text_offset"))`);
    await runner.query(`CREATE TABLE "tool_call_owners" ("tool_call_id" text NOT NULL, "caller" text NOT NULL, "completion_id" text NOT NULL, "acting_model" text NOT NULL, CONSTRAINT "tool_call_owners_pkey" PRIMARY KEY ("tool_call_id", "caller"))`);
    await runner.query(`CREATE TABLE "panels" ("name" text NOT NULL, "version" integer NOT NULL, "definition" jsonb NOT NULL, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "panels_pkey" PRIMARY KEY ("name", "version"))`);
    await runner.query(`CREATE TABLE "payloads" ("sha256" text NOT NULL, "bytes" bytea NOT NULL, "created_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), CONSTRAINT "payloads_pkey" PRIMARY KEY ("sha256"))`);
    await runner.query(`CREATE TABLE "calls" ("id" bigint GENERATED ALWAYS AS IDENTITY NOT NULL, "completion_id" text NOT NULL, "key" text NOT NULL, "stage" text NOT NULL, "member_index" integer NOT NULL, "attempt" integer NOT NULL, "provider" text NOT NULL, "model" text NOT NULL, "request_hash" text NOT NULL, "text" text, "tool_calls" jsonb, "finish_reason" text, "input_tokens" integer, "output_tokens" integer, "cached_input_tokens" integer, "reasoning_tokens" integer, "cost_nano_usd" bigint, "price" jsonb, "started_at" TIMESTAMP WITH TIME ZONE NOT NULL, "first_token_at" TIMESTAMP WITH TIME ZONE, "ended_at" TIMESTAMP WITH TIME ZONE NOT NULL, "outcome" text NOT NULL, "failure_code" text, "failure_message" text, "dropped_parameters" jsonb, "response_id" text, CONSTRAINT "calls_outcome" CHECK ("outcome" IN ('succeeded', 'failed', 'canceled')), CONSTRAINT "calls_pkey" PRIMARY KEY ("id"))`);
    await runner.query(`CREATE INDEX "calls_ended" ON "calls" ("ended_at", "id")`);
    await runner.query(`CREATE INDEX "calls_completion" ON "calls" ("completion_id", "id")`);
    await runner.query(`CREATE UNIQUE INDEX "calls_paid_once" ON "calls" ("completion_id", "key") WHERE "outcome" = 'succeeded'`);
    await runner.query(`ALTER TABLE "stream_chunks" ADD CONSTRAINT "stream_chunks_completion_id_fkey" FOREIGN KEY ("completion_id") REFERENCES "completions"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "tool_call_owners" ADD CONSTRAINT "tool_call_owners_completion_id_fkey" FOREIGN KEY ("completion_id") REFERENCES "completions"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
    await runner.query(`ALTER TABLE "calls" ADD CONSTRAINT "calls_completion_id_fkey" FOREIGN KEY ("completion_id") REFERENCES "completions"("id") ON DELETE CASCADE ON UPDATE NO ACTION`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE "calls" DROP CONSTRAINT "calls_completion_id_fkey"`);
    await runner.query(`ALTER TABLE "tool_call_owners" DROP CONSTRAINT "tool_call_owners_completion_id_fkey"`);
    await runner.query(`ALTER TABLE "stream_chunks" DROP CONSTRAINT "stream_chunks_completion_id_fkey"`);
    await runner.query(`DROP INDEX "public"."calls_paid_once"`);
    await runner.query(`DROP INDEX "public"."calls_completion"`);
    await runner.query(`DROP INDEX "public"."calls_ended"`);
    await runner.query(`DROP TABLE "calls"`);
    await runner.query(`DROP TABLE "payloads"`);
    await runner.query(`DROP TABLE "panels"`);
    await runner.query(`DROP TABLE "tool_call_owners"`);
    await runner.query(`DROP TABLE "stream_chunks"`);
    await runner.query(`DROP INDEX "public"."completions_idempotency"`);
    await runner.query(`DROP INDEX "public"."completions_attach"`);
    await runner.query(`DROP INDEX "public"."completions_created"`);
    await runner.query(`DROP INDEX "public"."completions_running"`);
    await runner.query(`DROP TABLE "completions"`);
    await runner.query(`DROP INDEX "public"."api_keys_hash"`);
    await runner.query(`DROP TABLE "api_keys"`);
  }
}
