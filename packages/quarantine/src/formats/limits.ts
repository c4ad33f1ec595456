/**
 * How much a GGUF header may hold. Today's largest vocabularies have 262,144 tokens and about 515,000 merges, the largest models
 * some thousands of tensors, the longest chat templates 20 KiB.
 */
export const GGUF_LIMITS = {
  tensors: 65_536,
  entries: 65_536,
  /** Bytes of a key; the format itself says 65,535, no known key has 100. */
  keyBytes: 1024,
  /** Bytes of a text that stands by itself, such as a template or a license. */
  textBytes: 16 * 1024 * 1024,
  /** Bytes of a text in a list, such as a token. */
  itemBytes: 1024 * 1024,
  /** Items of one list, and of all together. */
  items: 16_777_216,
  allItems: 33_554_432,
  /** ggml's GGML_MAX_NAME is 64 with the NUL at its end. */
  tensorName: 63,
  rank: 4,
  /** Values of one tensor. */
  elements: 2n ** 48n,
  alignment: 65_536,
} as const

/** How much a safetensors header may hold. The format itself allows 100 MB. */
export const SAFETENSORS_LIMITS = {
  headerBytes: 32 * 1024 * 1024,
  tensors: 200_000,
  nameBytes: 1024,
  rank: 16,
  elements: 2n ** 53n,
  metadataEntries: 10_000,
} as const
