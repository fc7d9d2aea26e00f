import { quantileOfT } from './quantile-of-t.js';

/** A mean with its standard error and 95 % interval; null where a single value says nothing of spread. */
export interface MeanError {
  mean: number;
  standardError: number | null;
  interval: [number, number] | null;
}

/** Mean, standard error (n − 1) and Student's interval of independent values. */
export function meanError(values: readonly number[]): MeanError {
  const mean = sum(values) / values.length;
  if (values.length < 2) return { mean, standardError: null, interval: null };
  const standardError = Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / (values.length - 1) / values.length);
  return { mean, standardError, interval: intervalOf(mean, standardError, values.length - 1) };
}

/**
 * The same where values of one cluster (a subject, the epochs of one item) are not independent: squared sums of residuals by cluster, with the factor C / (C − 1) for few clusters and C − 1 degrees of
 * freedom (Liang and Zeger 1986; as inspect_ai computes it).
 */
export function clusteredMeanError(values: readonly number[], clusters: readonly string[]): MeanError {
  const mean = sum(values) / values.length;
  const residuals = new Map<string, number>();
  values.forEach((value, index) => {
    const cluster = clusters[index] ?? '';
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + value - mean);
  });
  const count = residuals.size;
  if (count < 2) return { mean, standardError: null, interval: null };
  const standardError = Math.sqrt((sum([...residuals.values()].map((residual) => residual ** 2)) * count) / (count - 1)) / values.length;
  return { mean, standardError, interval: intervalOf(mean, standardError, count - 1) };
}

function intervalOf(mean: number, standardError: number, degrees: number): [number, number] {
  const reach = quantileOfT(0.975, degrees) * standardError;
  return [mean - reach, mean + reach];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
