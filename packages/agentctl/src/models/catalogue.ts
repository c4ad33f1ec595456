/** A model that is known to work with the engine, as its publisher offers it. */
export interface CatalogueEntry {
  readonly name: string
  readonly title: string
  /** Repository on the Hugging Face hub, the revision that is meant, and the file in it. */
  readonly repository: string
  readonly revision: string
  readonly file: string
  readonly licence: string
  /** What the licence asks beyond keeping its text, where it is not a free one. */
  readonly terms?: string
  /** In billions, as its publisher counts; of a mixture of experts, all of them. */
  readonly billions: number
  /** Of the file; `exact` where it is known to the byte, else about as much. */
  readonly bytes: { readonly exact: number } | { readonly about: number }
  /** Of the file at this revision. Without it, what the publisher shows is compared at download. */
  readonly sha256?: string
  /** For the keys and values of a token: blocks, heads that have them, numbers of each head. */
  readonly attention: { readonly blocks: number; readonly heads: number; readonly width: number }
  readonly goodFor: string
}

/**
 * Instruct models of several sizes whose chat templates take tools. Repositories, files and licences are those of the publishers. A
 * digest stands here only where several sources that had the file itself agree on it, and then the revision is pinned too.
 */
export const catalogue: readonly CatalogueEntry[] = [
  {
    name: 'qwen3-0.6b',
    title: 'Qwen3 0.6B',
    repository: 'Qwen/Qwen3-0.6B-GGUF',
    revision: 'main',
    file: 'Qwen3-0.6B-Q8_0.gguf',
    licence: 'Apache-2.0',
    billions: 0.6,
    bytes: { exact: 639_446_688 },
    attention: { blocks: 28, heads: 8, width: 128 },
    goodFor: 'Trying things out. Reads simple requests; often picks the wrong tool on anything harder.',
  },
  {
    name: 'qwen2.5-1.5b',
    title: 'Qwen2.5 1.5B Instruct',
    repository: 'Qwen/Qwen2.5-1.5B-Instruct-GGUF',
    revision: '91cad51170dc346986eccefdc2dd33a9da36ead9',
    file: 'qwen2.5-1.5b-instruct-q4_k_m.gguf',
    licence: 'Apache-2.0',
    billions: 1.5,
    bytes: { exact: 1_117_320_736 },
    sha256: '6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e',
    attention: { blocks: 28, heads: 2, width: 128 },
    goodFor: 'Small hosts without a GPU: answers in seconds on two cores, one tool at a time.',
  },
  {
    name: 'llama3.2-3b',
    title: 'Llama 3.2 3B Instruct',
    repository: 'unsloth/Llama-3.2-3B-Instruct-GGUF',
    revision: 'e7d0997e49c9cb00d88b4c1a6a16aa894b0bbc31',
    file: 'Llama-3.2-3B-Instruct-Q4_K_M.gguf',
    licence: 'Llama 3.2 Community License',
    terms:
      'Meta’s acceptable-use policy and attribution; not granted for everybody everywhere. Read it before you use it.',
    billions: 3.2,
    bytes: { exact: 2_019_377_600 },
    sha256: '6c99cc00ae910f6a532a80022cb4bc1939094527a089c29294b841c0bd87f74d',
    attention: { blocks: 28, heads: 8, width: 128 },
    goodFor: 'Short conversations in English and some European languages, without a GPU.',
  },
  {
    name: 'qwen3-4b',
    title: 'Qwen3 4B',
    repository: 'Qwen/Qwen3-4B-GGUF',
    revision: 'bc640142c66e1fdd12af0bd68f40445458f3869b',
    file: 'Qwen3-4B-Q4_K_M.gguf',
    licence: 'Apache-2.0',
    billions: 4,
    bytes: { exact: 2_497_280_256 },
    sha256: '7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5',
    attention: { blocks: 36, heads: 8, width: 128 },
    goodFor:
      'The least that plans several calls by itself. Thinks before it answers; patience on a CPU, quick on any GPU.',
  },
  {
    name: 'llama3.1-8b',
    title: 'Llama 3.1 8B Instruct',
    repository: 'bartowski/Meta-Llama-3.1-8B-Instruct-GGUF',
    revision: 'bf5b95e96dac0462e2a09145ec66cae9a3f12067',
    file: 'Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf',
    licence: 'Llama 3.1 Community License',
    terms: 'Meta’s acceptable-use policy and attribution (“Built with Llama”). Read it before you use it.',
    billions: 8,
    bytes: { exact: 4_920_739_232 },
    sha256: '7b064f5842bf9532c91456deda288a1b672397a54fa729aa665952863033557c',
    attention: { blocks: 32, heads: 8, width: 128 },
    goodFor: 'Conversations and explanations, and one or two tools at a time. A GPU with 8 GB holds it.',
  },
  {
    name: 'granite3.3-8b',
    title: 'Granite 3.3 8B Instruct',
    repository: 'ibm-granite/granite-3.3-8b-instruct-GGUF',
    revision: 'main',
    file: 'granite-3.3-8b-instruct-Q4_K_M.gguf',
    licence: 'Apache-2.0',
    billions: 8.2,
    bytes: { about: 4_950_000_000 },
    attention: { blocks: 40, heads: 8, width: 128 },
    goodFor: 'Tools and documents, from a publisher that says what it was trained on. A GPU with 8 GB holds it.',
  },
  {
    name: 'qwen3-8b',
    title: 'Qwen3 8B',
    repository: 'Qwen/Qwen3-8B-GGUF',
    revision: '7c41481f57cb95916b40956ab2f0b139b296d974',
    file: 'Qwen3-8B-Q4_K_M.gguf',
    licence: 'Apache-2.0',
    billions: 8.2,
    bytes: { exact: 5_027_783_488 },
    sha256: 'd98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785',
    attention: { blocks: 36, heads: 8, width: 128 },
    goodFor: 'The one to begin with where there is a GPU with 8 GB: plans, reads results, and corrects itself.',
  },
  {
    name: 'qwen3-14b',
    title: 'Qwen3 14B',
    repository: 'Qwen/Qwen3-14B-GGUF',
    revision: 'main',
    file: 'Qwen3-14B-Q4_K_M.gguf',
    licence: 'Apache-2.0',
    billions: 14.8,
    bytes: { exact: 9_001_752_960 },
    attention: { blocks: 40, heads: 8, width: 128 },
    goodFor: 'Longer chains of calls and unclear requests. Wants a GPU with 12 to 16 GB.',
  },
  {
    name: 'gpt-oss-20b',
    title: 'gpt-oss 20B',
    repository: 'ggml-org/gpt-oss-20b-GGUF',
    revision: 'main',
    file: 'gpt-oss-20b-mxfp4.gguf',
    licence: 'Apache-2.0',
    billions: 20.9,
    bytes: { about: 12_110_000_000 },
    attention: { blocks: 24, heads: 8, width: 64 },
    goodFor:
      'Hard requests on a machine with 24 GB: few of its parameters work at once, so that it is quick for its size.',
  },
  {
    name: 'qwen3-30b-a3b',
    title: 'Qwen3 30B-A3B',
    repository: 'Qwen/Qwen3-30B-A3B-GGUF',
    revision: 'e4d4bafdfb96a411a163846265362aceb0b9c63a',
    file: 'Qwen3-30B-A3B-Q4_K_M.gguf',
    licence: 'Apache-2.0',
    billions: 30.5,
    bytes: { exact: 18_556_685_824 },
    sha256: '0d003f6662faee786ed5da3e31b29c978de5ae5d275c8794c606a7f3c01aa8f5',
    attention: { blocks: 48, heads: 4, width: 128 },
    goodFor:
      'The strongest here for hosts with 32 GB: a tenth of it works at once, so that it runs without a GPU as well.',
  },
]

export function bytesOf({ bytes }: Pick<CatalogueEntry, 'bytes'>): number {
  return 'exact' in bytes ? bytes.exact : bytes.about
}

/** Where the publisher offers it. */
export function addressOf({ repository, revision, file }: CatalogueEntry, hub = 'https://huggingface.co'): URL {
  return new URL(`${hub}/${repository}/resolve/${revision}/${file}`)
}
