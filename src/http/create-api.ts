import type { NestApplicationOptions } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from '../app.module.js';
import type { Config } from '../config/config.js';
import { takeMultipart } from '../files/multipart.js';
import { ApiErrorFilter, sendError } from './api-error.filter.js';
import { takeEmptyBodies } from './bodiless-json.js';
import { bodyLimitBytes } from './describe-error.js';
import { serveOpenApi } from './openapi.js';
import { addRequestIds, createRequestId, sendRequestIds } from './request-ids.js';
import { addRequestLog } from './request-log.js';
import { SchemaValidationPipe } from './schema-validation.pipe.js';
import { keepUnreadConnections } from './unread-bodies.js';

/**
 * An idle connection is kept this long. Longer than clients and proxies keep theirs (at most ten minutes in Node, 90 s in Go, 75 s behind nginx): who closes first should be who sends,
 * as a request that crosses the server's closing is lost without an answer.
 */
const keepAliveMs = 620_000;

/** Builds the api, ready to listen: what `main.ts` starts, and what tests drive. */
export async function createApi(config: Config): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: bodyLimitBytes,
    genReqId: createRequestId,
    requestIdHeader: false,
    keepAliveTimeout: keepAliveMs,
    routerOptions: { maxParamLength: 512 },
    // What the router refuses before any hook runs: an address that is no URL.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      sendRequestIds(request, reply);
      sendError(error, request, reply);
    },
  });
  // Nest declares its options as a class and takes plain objects.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
  const options: NestApplicationOptions = { bufferLogs: true, bodyParser: false };
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(config), adapter, options);
  // JSON is all we read: anything else is a 415 instead of a text that fits no schema.
  adapter.getInstance().removeContentTypeParser('text/plain');
  takeEmptyBodies(adapter.getInstance());
  takeMultipart(adapter.getInstance());
  keepUnreadConnections(adapter.getInstance());
  addRequestIds(adapter.getInstance());
  addRequestLog(adapter.getInstance());
  app.useLogger(app.get(Logger));
  app.useGlobalPipes(new SchemaValidationPipe());
  app.useGlobalFilters(new ApiErrorFilter());
  app.enableShutdownHooks();
  serveOpenApi(app, config.version);
  return app;
}
