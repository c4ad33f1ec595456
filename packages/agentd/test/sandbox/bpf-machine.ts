/** Runs an assembled filter as the kernel would (linux/filter.h), for one system call. */
export interface SystemCall {
  readonly architecture: number
  readonly number: number
  readonly args?: readonly number[]
}

export function evaluate(program: Buffer, { architecture, number, args = [] }: SystemCall): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number >>> 0, 0)
  data.writeUInt32LE(architecture >>> 0, 4)
  for (const [index, value] of args.entries()) data.writeUInt32LE(value >>> 0, 16 + 8 * index)
  let accumulator = 0
  for (let at = 0; at < program.length / 8; at++) {
    const code = program.readUInt16LE(at * 8)
    const [jumpTrue, jumpFalse] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)]
    const operand = program.readUInt32LE(at * 8 + 4)
    if (code === 0x20) accumulator = data.readUInt32LE(operand)
    else if (code === 0x06) return operand
    else if (code === 0x15) at += accumulator === operand ? jumpTrue : jumpFalse
    else if (code === 0x35) at += accumulator >= operand ? jumpTrue : jumpFalse
    else if (code === 0x45) at += (accumulator & operand) !== 0 ? jumpTrue : jumpFalse
    else throw new Error(`the filter has an instruction of code ${code}`)
  }
  throw new Error('the filter ends without an answer')
}
