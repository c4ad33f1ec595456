import sodium from 'libsodium-wrappers'

export type Sodium = typeof sodium

/** libsodium, once its WebAssembly is compiled. */
export async function loadSodium(): Promise<Sodium> {
  await sodium.ready
  return sodium
}
