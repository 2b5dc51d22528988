/** Litmus | a first text for a test of one's own: one buffer, one device, and one step that makes the difference. */

import { UsageError } from '../base/errors.ts'
import { type DirectionName, directions } from './form.ts'
import { formatLitmus } from './format.ts'
import { lowerLitmus } from './lower.ts'
import { parseLitmus } from './parse.ts'

export const scaffoldIommus = ['none', 'sysmmu', 'iommu'] as const

export interface ScaffoldOptions {
  /** Kebab-case. */
  readonly name: string
  readonly device?: string
  readonly iommu?: (typeof scaffoldIommus)[number]
  /** 1 to `coresMax`. */
  readonly cores?: number
  readonly direction?: DirectionName
}

export const scaffoldDefaults = { device: 'D', iommu: 'none', cores: 1, direction: 'FROM_DEVICE' } as const
const coresMax = 4

/** A text that parses, in canonical layout, with comments on what to replace. Usage errors for names that no test can have. */
export function scaffoldLitmus(options: ScaffoldOptions): string {
  const { name, device, iommu, cores, direction } = { ...scaffoldDefaults, ...options }
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UsageError(`"${name}" is no name of a test: small letters, digits and single "-", as in clean-after-map`)
  }
  if (!/^[A-Za-z_]\w*$/.test(device))
    throw new UsageError(`"${device}" is no name of a device: letters, digits and "_"`)
  if (!Number.isInteger(cores) || cores < 1 || cores > coresMax) {
    throw new UsageError(`a test begins with 1 to ${coresMax} cores, not ${cores}`)
  }
  const text = formatLitmus(textOf({ name, device, iommu, cores, direction }), name)
  try {
    lowerLitmus(parseLitmus(text, name), { variant: 'buggy' })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    // All other names are known to go together.
    throw new UsageError(`"${device}" is what something else in the test is called: choose another name for the device`)
  }
  return text
}

function textOf({ name, device, iommu, cores, direction }: Required<ScaffoldOptions>): string {
  const isTranslated = iommu !== 'none'
  const others = Array.from({ length: cores - 1 }, (_, index) => `cpu C${index + 1} {\nnop # another core\n}\n`)
  return `litmus ${name}
"This asks whether ${questions[direction]}."
# source "repository, path and commit, or a paper"
# class A
variants buggy, fixed

${isTranslated ? `platform {\n${units[iommu](device)}\n}\n` : ''}
memory {
buf: 1 ${isTranslated ? 'page' : 'line'} = 0
${isTranslated ? 'io v0\nmap v0 -> buf' : ''}
}

${programs[direction](device, isTranslated ? 'v0' : 'buf')}
${others.join('\n')}
never ${direction === 'TO_DEVICE' ? device : 'C0'}.r0 != 7

expect buggy: violated
expect fixed: holds
`
}

const units = {
  sysmmu: (device: string) => `sysmmu M for ${device} version 3.3`,
  iommu: (device: string) => `iommu M for ${device}`,
}

const questions: Readonly<Record<DirectionName, string>> = {
  TO_DEVICE: 'a buffer must be cleaned before a device reads it',
  FROM_DEVICE: 'a buffer must be invalidated again when it comes back from a device',
  BIDIRECTIONAL: 'a buffer that a device changes must be invalidated when it comes back',
}

type Program = (device: string, target: string) => string

const programs: Readonly<Record<DirectionName, Program>> = {
  TO_DEVICE: (device, target) => `cpu C0 {
st buf[0] = 7
variant fixed {
clean buf # without it the device reads what memory had before
}
own->dev buf TO_DEVICE
bell ${device} = &${target}
poll ${device}.DONE == 1
done buf
own->cpu buf TO_DEVICE
}

device ${device} {
registers DONE
wait BELL != 0
rd r0 = [BELL]
DONE = 1
}
`,
  FROM_DEVICE: (device, target) => `cpu C0 {
inv buf
own->dev buf FROM_DEVICE
bell ${device} = &${target}
poll ${device}.DONE == 1
done buf
variant fixed {
inv buf # without it the core may load what it fetched ahead
}
own->cpu buf FROM_DEVICE
ld r0 = buf[0]
}

device ${device} {
registers DONE
wait BELL != 0
wr [BELL] = 7
fence
DONE = 1
}
`,
  BIDIRECTIONAL: (device, target) => `cpu C0 {
st buf[0] = 6
flush buf
own->dev buf BIDIRECTIONAL
bell ${device} = &${target}
poll ${device}.DONE == 1
done buf
variant fixed {
inv buf # without it the core may load what it fetched ahead
}
own->cpu buf BIDIRECTIONAL
ld r0 = buf[0]
}

device ${device} {
registers DONE
wait BELL != 0
rd r0 = [BELL]
wr [BELL] = r0 + 1
fence
DONE = 1
}
`,
}

/** A direction by any of the spellings that people use: FROM_DEVICE, from-device, DMA_FROM_DEVICE. */
export function directionOf(text: string): DirectionName | undefined {
  const name = text.toUpperCase().replaceAll('-', '_').replace(/^DMA_/, '')
  return directions.find((direction) => direction === name)
}
