export type Sodium = typeof import('libsodium-wrappers').default

/** libsodium, once its WebAssembly is compiled; loaded by the first backup, so that a start does not wait for it. */
export async function loadSodium(): Promise<Sodium> {
  const { default: sodium } = await import('libsodium-wrappers')
  await sodium.ready
  return sodium
}
