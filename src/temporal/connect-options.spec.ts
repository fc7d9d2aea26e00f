import { describe, expect, it } from '@jest/globals';
import { channelArguments, temporalConnectOptions } from './connect-options.js';

describe('temporalConnectOptions', () => {
  it('connects plainly to a local server', () => {
    expect(temporalConnectOptions({ TEMPORAL_ADDRESS: '127.0.0.1:7233' })).toEqual({ address: '127.0.0.1:7233', tls: false });
  });

  it('uses TLS with an API key, unless told otherwise', () => {
    expect(temporalConnectOptions({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_API_KEY: 'k' })).toEqual({ address: 'a:1', apiKey: 'k', tls: true });
    expect(temporalConnectOptions({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_API_KEY: 'k', TEMPORAL_TLS: false }).tls).toBe(false);
  });

  it('says what to do without an address, and with half a certificate', () => {
    expect(() => temporalConnectOptions({})).toThrow(/npm start/);
    expect(() => temporalConnectOptions({ TEMPORAL_ADDRESS: 'a:1', TEMPORAL_TLS_CLIENT_CERT_PATH: '/c.pem' })).toThrow(/belong together/);
  });

  it.each(['127.0.0.1:7233', 'localhost:7233', '[::1]:7233', 'localhost'])('asks no proxy for %s', (address) => {
    expect(channelArguments(address)).toEqual({ 'grpc.enable_http_proxy': 0 });
  });

  it.each(['temporal:7233', 'localhost.example:7233', 'x.tmprl.cloud:7233', '10.127.0.1:7233'])('leaves %s to the environment', (address) => {
    expect(channelArguments(address)).toEqual({});
  });
});
