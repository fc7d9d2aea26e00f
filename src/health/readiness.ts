import { Inject, Injectable, ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, HealthIndicatorService, type HealthCheckResult, type HealthIndicatorResult } from '@nestjs/terminus';
import type pg from 'pg';
import { POSTGRES_POOL } from '../database/postgres-pool.js';
import { TemporalService } from '../temporal/temporal.service.js';

const patienceMs = 2_000;

/** Whether the engines answer, so that requests can be served. */
@Injectable()
export class Readiness {
  constructor(
    private readonly checks: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    @Inject(POSTGRES_POOL) private readonly pool: pg.Pool,
    private readonly temporal: TemporalService,
  ) {}

  /** One entry per engine; `status` is `ok` only when all of them answer within two seconds. */
  async check(): Promise<HealthCheckResult> {
    try {
      return await this.checks.check([() => this.indicate('database', this.databaseAnswers()), () => this.indicate('temporal', this.temporal.isReachable(patienceMs))]);
    } catch (error) {
      // Terminus tells of an engine that is away by this exception, whose body is the result.
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  private async indicate(engine: 'database' | 'temporal', answers: Promise<boolean>): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(engine);
    return (await answers) ? indicator.up() : indicator.down({ message: `${engine} does not answer within ${String(patienceMs)} ms` });
  }

  private async databaseAnswers(): Promise<boolean> {
    try {
      const answered = this.pool.query('SELECT 1').then(() => true);
      // A hanging server must not hang the probe; a late failure is nobody's any more.
      answered.catch(() => undefined);
      return await Promise.race([answered, new Promise<false>((resolve) => setTimeout(resolve, patienceMs, false).unref())]);
    } catch {
      return false;
    }
  }
}
