/**
 * US dollars of the calls whose cost is known; null where that is none of them, because an unknown cost is not zero.
 * @example costInUsd({ costNanoUsd: 0, costKnown: false }) === null
 */
export function costInUsd({ costNanoUsd, costKnown }: { costNanoUsd: number; costKnown: boolean }): number | null {
  return costKnown || costNanoUsd > 0 ? costNanoUsd / 1e9 : null;
}
