/** File systems whose files are the kernel talking: reading some blocks, and /proc leads anywhere (statfs(2) magics). */
const kernelFileSystems: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x1cd1, // devpts
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
])

export function isKernelFileSystem(type: number): boolean {
  return kernelFileSystems.has(type)
}
