/** Litmus | statements as lines of text. */

import { atomicOf } from './atomics.ts'
import type { CallArgument, Expression, Statement } from './form.ts'
import { bellValue } from './grammar-hardware.ts'
import { polledValue } from './grammar-statements.ts'
import { precedences } from './operators.ts'
import {
  printAim,
  printEntryValue,
  printExpression,
  printLocation,
  printSide,
  printSuffix,
  printText,
} from './print-values.ts'

/** The statements in braces, each on lines of its own; without indents. */
export function printBlock(body: readonly Statement[], more: readonly string[] = []): string {
  const lines = [...more, ...body.map(printStatement)]
  return lines.length === 0 ? '{ }' : `{\n${lines.join('\n')}\n}`
}

export function printStatement(statement: Statement): string {
  switch (statement.do) {
    case 'store':
      return printStore(statement)
    case 'load':
      return `${statement.exclusive ? 'ldrex' : 'ld'}${printSuffix(statement.type)} ${statement.to} = ${printLocation(statement.location)}`
    case 'atomic':
      return printAtomic(statement)
    case 'read':
      return `rd ${statement.to} = ${printLocation(statement.location)}`
    case 'write':
      return `wr ${printLocation(statement.location)} = ${printExpression(statement.value)}`
    case 'maintain': {
      const level = statement.level === undefined ? '' : `@${statement.level}`
      return `${statement.action} ${printLocation(statement.location)}${level}`
    }
    case 'mmio-write':
      return `mmio.w ${statement.target}.${statement.register} = ${printExpression(statement.value)}`
    case 'mmio-read':
      return `mmio.r ${statement.to} = ${statement.target}.${statement.register}`
    case 'bell': {
      const isUsual = statement.value.expr === 'number' && statement.value.value === bellValue
      return `bell ${statement.device}${isUsual ? '' : ` = ${printExpression(statement.value)}`}`
    }
    case 'tlbi': {
      const { unit, tag, page, device } = statement
      const what = { page: ` ${page}`, device: ` dte ${device}`, all: ' all', walks: ' walks', tag: '' }
      return `tlbi${what[statement.what]}${printTag(tag)}${printUnit(unit)}`
    }
    case 'tlbsync': {
      const { slot, value, unit, times, otherwise } = statement
      const written = slot && value ? ` ${printLocation(slot)} = ${printExpression(value)}` : ''
      const rest = otherwise ? ` else ${printBlock(otherwise)}` : ''
      return `tlbsync${written}${printUnit(unit)}${printMost(times)}${rest}`
    }
    case 'atc':
      return `atc ${statement.device}${printWord(statement.page)}`
    case 'mmu':
      return `${statement.action}${printWord(statement.unit)}`
    case 'root':
      return `root ${printExpression(statement.tag)}${printUnit(statement.unit)}`
    case 'supply':
      return `${statement.kind === 'clock' ? 'clk' : 'pwr'}${statement.on ? '+' : '-'} ${statement.of}`
    case 'walk':
      return `walk ${statement.page}`
    case 'hand-over': {
      const { to, buffer, direction, device } = statement
      return `own->${to} ${printLocation(buffer)} ${direction}${device === undefined ? '' : ` for ${device}`}`
    }
    case 'mark':
      return `${statement.mark} ${printLocation(statement.buffer)}`
    case 'page':
      return statement.action === 'free' ? `free ${statement.page}` : `alloc ${statement.page} for ${statement.owner}`
    case 'iova':
      return `iova${statement.action === 'take' ? '+' : '-'} ${statement.page}${printTag(statement.tag)}${printUnit(statement.unit)}`
    case 'call': {
      const to = statement.to.length > 0 ? `${statement.to.join(', ')} = ` : ''
      return `${to}${statement.call}(${statement.args.map(printArgument).join(', ')})`
    }
    case 'lock':
    case 'unlock':
      return `${statement.do} ${statement.lock}`
    case 'wait':
      return `wait ${printExpression(statement.until)}`
    case 'set':
      return `${statement.to} = ${printExpression(statement.value)}`
    case 'assert':
      return `assert ${printExpression(statement.that)} ${printText(statement.message)}`
    case 'poll':
    case 'if':
    case 'while':
    case 'repeat':
    case 'variant':
      return printFlow(statement)
    case 'wait-irq':
    case 'irqs-on':
    case 'irqs-off':
      return statement.do.replace('-', ' ')
    case 'dmb':
    case 'dsb':
    case 'isb':
    case 'wmb':
    case 'rmb':
    case 'mb':
    case 'drain':
    case 'clrex':
    case 'nop':
    case 'faults':
    case 'fence':
    case 'raise':
    case 'lower':
      return statement.do
    default:
      return statement satisfies never
  }
}

function printAtomic({ call, location, values, to }: Extract<Statement, { do: 'atomic' }>): string {
  const rest = values.map(printExpression)
  const args = (atomicOf(call)?.takes ?? []).map((each) => (each === 'place' ? printLocation(location) : rest.shift()))
  return `${to === undefined ? '' : `${to} = `}${call}(${args.join(', ')})`
}

function printStore({ location, value, type, status }: Extract<Statement, { do: 'store' }>): string {
  if (status !== undefined) {
    return `strex${printSuffix(type)} ${status}, ${printLocation(location)} = ${printExpression(value)}`
  }
  if (location.place === 'named' || location.place === 'pointer') {
    return `st${printSuffix(type)} ${printLocation(location)} = ${printExpression(value)}`
  }
  // The device table holds no entries of pages, so that a name there means what it means anywhere.
  const text = location.place === 'dte' ? printExpression(value) : printEntryValue(value)
  return `${printLocation(location, type)} = ${text}`
}

type Flow = Extract<Statement, { do: 'poll' | 'if' | 'while' | 'repeat' | 'variant' }>

function printFlow(statement: Flow): string {
  switch (statement.do) {
    case 'if': {
      const { condition, body, otherwise } = statement
      const head = `if ${printExpression(condition)} ${printBlock(body)}`
      const [first, ...more] = otherwise
      if (!first) return head
      return `${head} else ${first.do === 'if' && more.length === 0 ? printStatement(first) : printBlock(otherwise)}`
    }
    case 'while':
      return `while ${printExpression(statement.condition)}${printMost(statement.times)} ${printBlock(statement.body)}`
    case 'repeat':
      return `repeat ${printExpression(statement.times)} ${printBlock(statement.body)}`
    case 'variant':
      return `variant ${statement.variants.join(', ')} ${printBlock(statement.body)}`
    case 'poll': {
      const { what, times, otherwise } = statement
      const target =
        what.poll === 'register'
          ? ` ${what.target}.${what.register}`
          : `${printSuffix(what.type)} ${printLocation(what.location)}`
      const rest = otherwise ? ` else ${printBlock(otherwise)}` : ''
      return `poll${target} ${printUntil(statement.until)}${printMost(times)}${rest}`
    }
    default:
      return statement satisfies never
  }
}

/** `== 1` where what is polled is compared; otherwise the whole condition. */
function printUntil(until: Expression): string {
  if (until.expr === 'binary' && until.left.expr === 'name' && until.left.name === polledValue) {
    return `${until.op} ${printSide(until.right, precedences[until.op] + 1)}`
  }
  return `until ${printExpression(until)}`
}

function printArgument(arg: CallArgument): string {
  if (arg.arg === 'word') return arg.word
  return arg.arg === 'location' ? printLocation(arg.location) : printExpression(arg.value)
}

const printUnit = (unit: string | undefined) => printAim(unit === undefined ? {} : { unit })
const printTag = (tag: Expression | undefined) => (tag ? ` tag ${printExpression(tag)}` : '')
const printWord = (word: string | undefined) => (word === undefined ? '' : ` ${word}`)
const printMost = (times: Expression | undefined) => (times ? ` max ${printExpression(times)}` : '')
