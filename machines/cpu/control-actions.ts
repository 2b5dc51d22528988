/** CPU | actions of control flow: register instructions, marks, calls, interrupts. */

import { evaluate } from '../operand.ts'
import type { CpuInterrupt, CpuMask, OsReturn } from '../protocol.ts'
import { complete, decode, fold, isLateEnd, runRegister } from './access.ts'
import { type Core, clearAccess, clearPage, copyAccess } from './core.ts'
import { clearExclusive } from './exclusive.ts'
import type { Code } from './program.ts'
import { type Action, reportAssertion } from './reports.ts'

/** From one instruction to the next. */
export function controlActions(core: Core): Record<string, Action> {
  return {
    fetch: {
      description: 'executes register instructions up to the next one that takes a step, and evaluates its operands',
      run: (context, _, out) => {
        // In the middle of a range its operands are fixed, whatever a handler did to the registers meanwhile.
        if (context.access.done > 0) return
        if (!fold(core, context, (code) => reportAssertion(core, code, code.message, out))) {
          reportAssertion(core, core.code[context.pc] as Code, 'endless loop of register instructions', out)
          context.pc = core.threads[context.threads?.current ?? 0]?.end as number
        }
        decode(core, context)
      },
    },
    complete: {
      description: 'goes on to the next instruction',
      run: (context) => complete(context),
    },
    runRegister: {
      description: 'executes one register instruction whose registers the handler uses too',
      run: (context, _, out) => {
        const code = core.code[context.pc] as Code
        if (!runRegister(core, context)) reportAssertion(core, code, code.message, out)
        clearAccess(context.access)
      },
    },
    emitMarks: {
      description: 'reports this mark and those that follow it directly',
      run: (context, _, out) => {
        let code = core.code[context.pc] as Code
        do {
          const args: Record<string, number | string> = {}
          for (const { name, text, value } of code.fields) args[name] = text ?? evaluate(value, context.registers)
          const { program, thread, index: instruction, mark: name } = code
          const whose = { program, ...(thread > 0 ? { thread } : {}) }
          out.emit({ type: 'cpu.mark', core: core.core, ...whose, instruction, name, args } as never)
          complete(context)
          code = core.code[context.pc] as Code
        } while (code.joins && !isLateEnd(core, context))
      },
    },
    sendCall: {
      description: 'calls the operating system',
      sends: { os: 1 },
      run: (context, _, out) => {
        const { call, args } = core.code[context.pc] as Code
        const values = args.map((arg) => evaluate(arg, context.registers))
        out.send('os', { type: call, core: core.core, args: values } as never)
      },
    },
    finishCall: {
      description: 'puts the results of the call into registers',
      run: (context, message) => {
        const { to } = core.code[context.pc] as Code
        const { values } = message as OsReturn
        for (let i = 0; i < to.length; i++) context.registers[to[i] as number] = (values[i] ?? 0) >>> 0
        complete(context)
      },
    },
  }
}

/** Masking, sleeping, and the way into the handler and back. */
export function interruptActions(core: Core): Record<string, Action> {
  return {
    changeMask: {
      description: 'masks or unmasks interrupts (CPSID, CPSIE)',
      run: (context, _, out) => {
        const { interruptsOn } = core.code[context.pc] as Code
        out.raise({ type: interruptsOn ? 'interrupts.on' : 'interrupts.off' })
        out.emit({ type: 'cpu.mask', core: core.core, masked: !interruptsOn } as CpuMask)
        complete(context)
      },
    },
    beginSleep: {
      description: 'asks whether the interrupt line is high already, and goes on to the next instruction once awake',
      run: (context, _, out) => {
        complete(context)
        out.raise({ type: 'sleep.begin' })
      },
    },
    endSleep: {
      description: 'wakes the pipeline, as the interrupt line is high',
      run: (_, __, out) => out.raise({ type: 'sleep.end' }),
    },
    enterHandler: {
      description: 'puts the interrupted program aside, in the middle of a range if need be, and starts the handler',
      run: (context, _, out) => {
        const { suspended, access } = context
        out.emit({ type: 'cpu.interrupt', core: core.core, phase: 'enter' } as CpuInterrupt)
        suspended.pc = context.pc
        if (access.done > 0) copyAccess(suspended, access)
        clearAccess(access)
        clearPage(context)
        context.pc = core.handler
      },
    },
    leaveHandler: {
      description: 'goes on with the interrupted program and accepts interrupts again',
      run: (context, _, out) => {
        const { suspended } = context
        out.emit({ type: 'cpu.interrupt', core: core.core, phase: 'leave' } as CpuInterrupt)
        clearExclusive(context)
        context.pc = suspended.pc
        copyAccess(context.access, suspended)
        clearPage(context)
        clearAccess(suspended)
        suspended.pc = -1
        out.raise({ type: 'handler.left' })
      },
    },
  }
}
