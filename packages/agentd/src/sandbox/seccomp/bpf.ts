/**
 * Classic BPF as seccomp takes it (linux/filter.h, linux/seccomp.h): just enough of an assembler for a filter that reads
 * the architecture, the number of the system call and the low halves of its arguments.
 */
export interface Instruction {
  readonly code: number
  readonly jumpTrue: number
  readonly jumpFalse: number
  readonly operand: number
}

const LOAD_WORD = 0x20 // BPF_LD | BPF_W | BPF_ABS
const JUMP_EQUAL = 0x15 // BPF_JMP | BPF_JEQ | BPF_K
const JUMP_AT_LEAST = 0x35 // BPF_JMP | BPF_JGE | BPF_K
const JUMP_ANY_BIT = 0x45 // BPF_JMP | BPF_JSET | BPF_K
const RETURN = 0x06 // BPF_RET | BPF_K

/** Offsets in struct seccomp_data. */
const NUMBER = 0
const ARCHITECTURE = 4
const ARGUMENTS = 16

export const action = {
  allow: 0x7fff0000, // SECCOMP_RET_ALLOW
  killProcess: 0x80000000, // SECCOMP_RET_KILL_PROCESS
  /** The call fails with this errno. */
  fail: (errno: number) => 0x00050000 | errno, // SECCOMP_RET_ERRNO
} as const

export const loadNumber = load(NUMBER)
export const loadArchitecture = load(ARCHITECTURE)

/** The low 32 bits of an argument, on a little-endian machine. The kernel takes flags and socket families from these alone. */
export function loadArgument(index: number): Instruction {
  return load(ARGUMENTS + 8 * index)
}

/** Goes on with the next instruction where the accumulator is `value`, else jumps over `skip` instructions. */
export function unlessEqual(value: number, skip: number): Instruction {
  return { code: JUMP_EQUAL, jumpTrue: 0, jumpFalse: skip, operand: value }
}

/** Jumps over `skip` instructions where the accumulator is `value`. */
export function ifEqual(value: number, skip: number): Instruction {
  return { code: JUMP_EQUAL, jumpTrue: skip, jumpFalse: 0, operand: value }
}

export function unlessAtLeast(value: number, skip: number): Instruction {
  return { code: JUMP_AT_LEAST, jumpTrue: 0, jumpFalse: skip, operand: value }
}

export function unlessAnyBit(mask: number, skip: number): Instruction {
  return { code: JUMP_ANY_BIT, jumpTrue: 0, jumpFalse: skip, operand: mask }
}

export function answer(value: number): Instruction {
  return { code: RETURN, jumpTrue: 0, jumpFalse: 0, operand: value }
}

/** The program as an array of struct sock_filter, little-endian: what `bwrap --seccomp` reads. */
export function assemble(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [index, { code, jumpTrue, jumpFalse, operand }] of program.entries()) {
    if (jumpTrue > 255 || jumpFalse > 255) throw new RangeError('a BPF jump reaches 255 instructions')
    bytes.writeUInt16LE(code, index * 8)
    bytes.writeUInt8(jumpTrue, index * 8 + 2)
    bytes.writeUInt8(jumpFalse, index * 8 + 3)
    bytes.writeUInt32LE(operand >>> 0, index * 8 + 4)
  }
  return bytes
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, jumpTrue: 0, jumpFalse: 0, operand: offset }
}
