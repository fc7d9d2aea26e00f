/** Why a part can't start until a person does something: trying again can't help. The first line says what is wrong, all of them what to do. */
export class HopelessStart extends Error {
  override readonly name = 'HopelessStart';
}
