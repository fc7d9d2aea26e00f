import { readFileSync } from 'node:fs';
import type { TLSConfig } from '@temporalio/client';
import type { Environment } from '../config/env.schema.js';

/** What api and worker both need to reach Temporal. */
export interface TemporalConnectOptions {
  address: string;
  tls?: TLSConfig | boolean;
  apiKey?: string;
}

type TemporalEnvironment = Pick<
  Environment,
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_API_KEY'
  | 'TEMPORAL_TLS'
  | 'TEMPORAL_TLS_CLIENT_CERT_PATH'
  | 'TEMPORAL_TLS_CLIENT_KEY_PATH'
  | 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'
>;

/** Connection options from the environment: TLS is on where a certificate file or an API key is given, unless `TEMPORAL_TLS=false`. Throws where no address is known. */
export function temporalConnectOptions(environment: TemporalEnvironment): TemporalConnectOptions {
  if (environment.TEMPORAL_ADDRESS === undefined) {
    throw new Error('TEMPORAL_ADDRESS is not set. Start with "npm start" (which brings its own Temporal server) or name a running server, such as TEMPORAL_ADDRESS=127.0.0.1:7233.');
  }
  return {
    address: environment.TEMPORAL_ADDRESS,
    ...(environment.TEMPORAL_API_KEY === undefined ? {} : { apiKey: environment.TEMPORAL_API_KEY }),
    tls: environment.TEMPORAL_TLS === false ? false : (tlsFromFiles(environment) ?? environment.TEMPORAL_TLS ?? environment.TEMPORAL_API_KEY !== undefined),
  };
}

/** The same for a client, whose gRPC library would otherwise take `http_proxy` and `https_proxy` even towards this machine. */
export function temporalClientOptions(environment: TemporalEnvironment): TemporalConnectOptions & { channelArgs: Record<string, number> } {
  const options = temporalConnectOptions(environment);
  return { ...options, channelArgs: channelArguments(options.address) };
}

/** Settings of a client's channel to `address`. */
export function channelArguments(address: string): Record<string, number> {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(address) ? { 'grpc.enable_http_proxy': 0 } : {};
}

function tlsFromFiles(environment: TemporalEnvironment): TLSConfig | undefined {
  const certificate = environment.TEMPORAL_TLS_CLIENT_CERT_PATH;
  const key = environment.TEMPORAL_TLS_CLIENT_KEY_PATH;
  const authority = environment.TEMPORAL_TLS_SERVER_CA_CERT_PATH;
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error('TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH belong together: set both or neither.');
  }
  if (certificate === undefined && authority === undefined) return undefined;
  return {
    ...(certificate === undefined || key === undefined ? {} : { clientCertPair: { crt: readFileSync(certificate), key: readFileSync(key) } }),
    ...(authority === undefined ? {} : { serverRootCACertificate: readFileSync(authority) }),
  };
}
