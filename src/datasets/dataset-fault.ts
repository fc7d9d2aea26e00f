/** Why a data set can't be used. `dataset_hash`, `dataset_length`: a file is not what its manifest names; nothing is measured with it. */
export class DatasetFault extends Error {
  override readonly name = 'DatasetFault';

  constructor(
    readonly code: 'dataset_hash' | 'dataset_length' | 'dataset_unavailable' | 'dataset_invalid',
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
