import type { RecordCall } from './record.ts'

export async function systemExamples(record: RecordCall): Promise<void> {
  await record('system_health')
  await record('system_info')
  await record('system_discover', { listening: true })
  await record('process_list', { sortBy: 'memory', limit: 2 })
  const { processes } = await record('process_list', { name: 'sleep 7777', limit: 1 })
  const [stuck] = processes as { pid: number }[]
  await record('process_signal', { pid: stuck?.pid, name: 'sleep' })
  await record('process_signal', { pid: 1, name: 'systemd' })
  await record('memory_usage')
  await record('load_history', { since: '1 hour', points: 2 })
  await record('hardware_info')
  await record('time_status')
  await record('user_list')
  await record('login_list')
  await record('kernel_parameter_get', { name: 'net.ipv4.tcp_keepalive_time' })
  await record('kernel_parameter_set', { name: 'net.ipv4.tcp_keepalive_time', value: '600' })
  await record('kernel_parameter_set', { name: 'kernel.core_pattern', value: 'core' })
  await record('system_reboot', { reason: 'new kernel', delaySeconds: 3600 })
  await record('system_shutdown', { reason: 'moving house' })
}
