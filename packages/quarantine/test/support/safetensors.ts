/** A safetensors file out of a header (as JSON text or as a value) and data; `length` lies about the header. */
export function safetensorsFile(header: unknown, data: Uint8Array = Buffer.alloc(0), length?: bigint | number): Buffer {
  const json = Buffer.from(
    typeof header === 'string' ? header : header instanceof Uint8Array ? header : JSON.stringify(header),
  )
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt.asUintN(64, BigInt(length ?? json.length)))
  return Buffer.concat([size, json, data])
}

/** Two tensors, 16 and 8 bytes. */
export const usualHeader = {
  __metadata__: { format: 'pt' },
  'model.weight': { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  'model.bias': { dtype: 'BF16', shape: [4], data_offsets: [16, 24] },
} as const

export const usualData = Buffer.alloc(24, 0x3d)
