/** Machines | services of the operating system: lists, variables and reports. */

import { errno, misuses } from './calls.ts'
import { emit, misuse, ok, type Run, refuse, synchronize } from './service.ts'

export const listPush: Run = (context, service, [list = 0, value = 0]) => {
  const values = context.lists[list]
  const entry = service.config.lists[list]
  if (values === undefined || entry === undefined) return refuse(service, 'no such list')
  if (values.length >= entry.capacity) return [errno.ENOMEM]
  values.push(value)
  synchronize(service, `list:${entry.name}`, 'release')
  return ok
}

export const listPop: Run = (context, service, [list = 0]) => {
  const values = context.lists[list]
  if (values === undefined) return refuse(service, 'no such list', 0, 0)
  synchronize(service, `list:${service.config.lists[list]?.name}`, 'acquire')
  const value = values.shift()
  return value === undefined ? [0, 0] : [1, value]
}

export const listCount: Run = (context, service, [list = 0]) => {
  const values = context.lists[list]
  return values === undefined ? refuse(service, 'no such list', 0) : [values.length]
}

export const flagSet: Run = (context, service, [flag = 0, value = 0]) => {
  if (flag >= context.flags.length) return refuse(service, 'no such flag')
  context.flags[flag] = value
  synchronize(service, `flag:${service.config.flags[flag]}`, 'release')
  return ok
}

export const flagGet: Run = (context, service, [flag = 0]) => {
  if (flag >= context.flags.length) return refuse(service, 'no such flag', 0)
  synchronize(service, `flag:${service.config.flags[flag]}`, 'acquire')
  return [context.flags[flag] as number]
}

export const faultReport: Run = (_context, service, [device = 0, status = 0, iova = 0]) => {
  const name = service.config.devices[device]
  if (name === undefined) return refuse(service, 'no such device')
  emit(service, { type: 'os.fault', device: name, status, iova })
  return ok
}

export const misuseReport: Run = (_context, service, [, why = 0]) => {
  misuse(service, misuses[why] ?? 'no such misuse')
  return ok
}
