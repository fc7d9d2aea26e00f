/** The normal quantile of a two-sided interval of 95 %. */
const z = 1.959963984540054;

/** What an interval of accuracy is made of; null: unknown. */
export interface MeasuredAccuracy {
  accuracy: number | null;
  wilson_95: readonly [number, number] | null;
  /** Clustered by item where there are several epochs. */
  standard_error: number | null;
}

/**
 * The 95 % interval that is shown beside an accuracy: Wilson's; where each item was asked several times, by the error clustered by item, as answers to one item are not independent. A clustered error of 0
 * (all right, or all wrong) says nothing, so Wilson's stays. null: nothing was answered.
 */
export function accuracyInterval({ accuracy, wilson_95: wilson, standard_error: error }: MeasuredAccuracy, epochs: number): readonly [number, number] | null {
  if (accuracy === null || epochs === 1 || !error) return wilson;
  return [Math.max(0, accuracy - z * error), Math.min(1, accuracy + z * error)];
}
