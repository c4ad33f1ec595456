export { Check } from './checks/check.ts'
export { Confirm } from './record.ts'
export { SafeSwitch } from './safe-switch.ts'
