/** Why a data set can't be used. `dataset_hash`: a file is not what its manifest names, `dataset_invalid`: not of its format; nothing is measured with it. */
export class DatasetFault extends Error {
  override readonly name = 'DatasetFault';

  constructor(
    readonly code: 'dataset_hash' | 'dataset_unavailable' | 'dataset_invalid',
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
