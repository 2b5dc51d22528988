/**
 * Fimc | the camera DMA engine of Exynos4: registers, capture, output DMA, memory input and interrupt as five regions.
 *
 *   video --> capture --> FIFO of each plane --> output (write bursts) --> bus
 *   bus --> memoryInput (read bursts, memory to memory) --^
 *
 * Facts: registers and their use as in torvalds/linux v3.6 drivers/media/video/s5p-fimc (fimc-reg.h, fimc-reg.c,
 * fimc-capture.c); what no source tells (the moment of latching and of the interrupt, burst lengths, overflow) is a
 * graded choice in docs/hardware-facts.md.
 * Left out: scaler, crop, rotation, flip, effects, tiles, other formats (a register write that would run the engine
 * with one of them is answered with an error), LCD output, BT.709 and narrow-range conversion (the bits have no effect).
 */

import {
  defineMachine,
  ignore,
  type MachineDefinition,
  type StateConfig,
  stall,
  type TransitionConfig,
  type Transitions,
} from '../../src/statechart/define.ts'
import { defaultFeatures } from '../features.ts'
import { board, interruptLines, memoryMap } from '../geometry.ts'
import { actions } from './actions.ts'
import { initialContext } from './frame.ts'
import { guards } from './guards.ts'
import { readIsDue } from './memory-input.ts'
import { burstPlane, freeTxn } from './stream.ts'
import type { FimcConfig, FimcContext, FimcMessage } from './types.ts'

export type { FimcConfig, FimcContext, FimcMessage } from './types.ts'

/** FIMC0 of the board, for VGA in NV12. */
export const defaultFimcConfig: FimcConfig = {
  id: 'fimc0',
  base: memoryMap.fimc0.base,
  irqLine: interruptLines.fimc0,
  geometry: board,
  features: defaultFeatures,
  size: { width: 640, height: 480 },
  format: 'nv12',
  burstBoundaryBytes: board.pageBytes,
  outstandingWrites: 4, // HF-271
  fifoLines: 4, // HF-272
  irqAtFrameEnd: true, // HF-273
  burstCycles: 16, // HF-274
}

export function defineFimc(config: FimcConfig): MachineDefinition {
  return defineMachine<FimcContext, FimcMessage>({
    id: config.id,
    description:
      'Camera DMA engine: captures sensor frames, or converts pictures in memory, into rotating output slots',
    inPorts: {
      video: ['video.start', 'video.line', 'video.end'],
      bus: ['read.resp', 'write.resp'],
      regs: ['reg.read.req', 'reg.write.req'],
    },
    outPorts: {
      bus: ['read.req', 'write.req'],
      regs: ['reg.read.resp', 'reg.write.resp'],
      irq: ['irq.raise', 'irq.lower'],
    },
    events: {
      'video.start': 'the sensor begins a frame',
      'video.line': 'a line of the sensor',
      'video.end': 'the sensor has sent the last line of a frame',
      'read.resp': 'answer to a read of the memory input',
      'write.resp': 'acknowledgement of a write burst',
      'reg.read.req': 'a register is read',
      'reg.write.req': 'a register is written',
      'burst.issue': 'the output DMA puts its next write burst on the bus',
      'read.issue': 'the memory input puts its next read burst on the bus',
      'frame.begin': 'a camera frame has got its output slot',
      'conversion.begin': 'a picture in memory has got its output slot',
      'frame.abandon': 'the frame in hand was given up',
      'interrupt.event': 'something happened that the software can be interrupted for',
    },
    raised: ['frame.begin', 'conversion.begin', 'frame.abandon', 'interrupt.event'],
    spontaneous: {
      'burst.issue': {
        description: 'a burst is complete in the FIFO and an AXI id is free',
        kind: 'must',
        latencyCycles: config.burstCycles,
        when: (context) => burstPlane(config, context) >= 0 && freeTxn(context.writeTxns) >= 0,
      },
      'read.issue': {
        description: 'the next row is wanted, the FIFO has room for its line, and an AXI id is free',
        kind: 'must',
        latencyCycles: config.burstCycles,
        when: (context) => readIsDue(config, context) && freeTxn(context.readTxns) >= 0,
      },
    },
    context: () => initialContext(config),
    guards: guards(config),
    actions: actions(config),
    chart: chart(config.id),
  })
}

// --- states ---------------------------------------------------------------------------------------------------------

/** Register accesses; the other regions react to the same writes, after this one has stored them. */
const registers: StateConfig = {
  description: 'answers register accesses',
  initial: 'serving',
  states: {
    serving: {
      description: 'one access at a time',
      on: {
        'reg.read.req': { actions: 'answerRead' },
        'reg.write.req': [{ guard: 'isRefused', actions: 'refuseWrite' }, { actions: 'writeRegister' }],
      },
    },
  },
}

/** What ends a frame in hand: its last acknowledgement, or the loss of it. `rest`: the state capture is in afterwards. */
interface FrameEnding {
  readonly rest: string
  readonly last: boolean
}

function completion({ rest, last }: FrameEnding): TransitionConfig {
  return { guard: 'completesFrame', target: rest, actions: { type: 'finishFrame', params: { last } } }
}

/** Lines of a frame coming in; `drain`: the state after the last of them. */
function incoming(ending: FrameEnding, drain: string): Readonly<Record<string, Transitions>> {
  const { rest, last } = ending
  const spoil = (overflow: boolean) => ({ target: rest, actions: { type: 'spoilFrame', params: { overflow, last } } })
  return {
    'video.line': [
      { ...ignore('lines beyond the picture are cut off'), guard: 'pictureIsComplete' },
      { guard: 'overflows', ...spoil(true) },
      { actions: 'takeLine' },
    ],
    'video.end': [{ guard: 'pictureIsShort', ...spoil(false) }, { target: drain }],
    'video.start': spoil(false),
    'write.resp': completion(ending),
  }
}

/** Frames in hand: their lines come in, or are all in and still drain, or come from memory. */
const active = (id: string): StateConfig => {
  const continues: FrameEnding = { rest: `#${id}.capture.armed`, last: false }
  const ends: FrameEnding = { rest: `#${id}.capture.off`, last: true }
  return {
    description: 'a frame is in hand',
    initial: 'capturing',
    on: { 'reg.write.req': { guard: 'resets', target: `#${id}.capture.reset`, actions: 'abandonFrame' } },
    states: {
      capturing: {
        description: 'lines of a camera frame come in',
        on: {
          ...incoming(continues, 'ending'),
          'reg.write.req': { guard: 'disablesCapture', target: 'stopping', actions: 'noteStop' },
        },
      },
      ending: {
        description: 'all lines are in; the last writes are not yet acknowledged',
        on: {
          'write.resp': completion(continues),
          'reg.write.req': { guard: 'disablesCapture', target: 'finishing', actions: 'noteStop' },
        },
      },
      stopping: {
        description: 'capture was disabled; lines of the last frame come in',
        on: {
          ...incoming(ends, 'finishing'),
          'reg.write.req': { guard: 'enablesCapture', target: 'capturing', actions: 'resumeCapture' },
        },
      },
      finishing: {
        description: 'capture was disabled; the last writes are not yet acknowledged',
        on: {
          'write.resp': completion(ends),
          'reg.write.req': { guard: 'enablesCapture', target: 'ending', actions: 'resumeCapture' },
        },
      },
      converting: {
        description: 'the frame comes from memory',
        on: {
          'write.resp': [
            { guard: 'completesIntoCapture', target: continues.rest, actions: 'finishConversion' },
            { guard: 'completesFrame', target: ends.rest, actions: 'finishConversion' },
          ],
        },
      },
    },
  }
}

const capture = (id: string): StateConfig => ({
  description: 'camera frames, and conversions, one at a time',
  initial: 'off',
  on: {
    'video.start': ignore('no capture takes this frame: off, in reset, converting, without a slot, or still draining'),
    'video.line': ignore('the line belongs to no frame in hand'),
    'video.end': ignore('the frame that ends is not in hand'),
    'reg.write.req': { guard: 'resets', target: '.reset' },
  },
  states: {
    off: {
      description: 'nothing is enabled',
      on: {
        'reg.write.req': [
          {
            guard: 'startsConversion',
            target: 'active.converting',
            actions: 'beginConversion',
          },
          { guard: 'enablesCapture', target: 'armed', actions: 'armCapture' },
        ],
      },
    },
    armed: {
      description: 'capture is enabled and waits for the start of a frame',
      on: {
        'video.start': {
          guard: 'slotIsFree',
          target: 'active.capturing',
          actions: 'beginFrame',
        },
        'reg.write.req': [
          {
            guard: 'startsConversion',
            target: 'active.converting',
            actions: 'beginConversion',
          },
          { guard: 'disablesCapture', target: 'off', actions: 'disarmCapture' },
        ],
      },
    },
    active: active(id),
    reset: {
      description: 'software reset is held',
      on: { 'reg.write.req': { guard: 'releasesReset', target: 'off' } },
    },
  },
})

const output: StateConfig = {
  description: 'the output DMA: bursts from the FIFO to memory',
  initial: 'idle',
  on: {
    'frame.begin': '.writing',
    'conversion.begin': '.writing',
    'frame.abandon': '.idle',
    'write.resp': [
      { guard: 'writeIsOutstanding', actions: 'releaseWrite' },
      ignore('it answers nothing that is outstanding'),
    ],
  },
  states: {
    idle: {
      description: 'no frame to write; answers for an abandoned one may still come',
      on: { 'burst.issue': stall('there is no frame to write') },
    },
    writing: {
      description: 'bursts are issued as the FIFO fills',
      on: {
        'burst.issue': [{ guard: 'isLastBurst', target: 'draining', actions: 'issueBurst' }, { actions: 'issueBurst' }],
      },
    },
    draining: {
      description: 'the last burst is on the bus',
      on: {
        'burst.issue': stall('every burst of the frame has been issued'),
        'write.resp': {
          guard: 'completesFrame',
          target: 'idle',
          actions: 'releaseWrite',
        },
      },
    },
  },
}

const memoryInput: StateConfig = {
  description: 'the input DMA of conversions: rows from memory into the FIFO',
  initial: 'idle',
  on: {
    'conversion.begin': '.ready',
    'frame.abandon': '.idle',
    'read.resp': [
      { guard: 'readIsOutstanding', actions: 'releaseRead' },
      ignore('it answers nothing that is outstanding'),
    ],
  },
  states: {
    idle: {
      description: 'nothing to read',
      on: { 'read.issue': stall('there is nothing to read') },
    },
    ready: {
      description: 'the next part of a row can be asked for',
      on: { 'read.issue': { target: 'waiting', actions: 'issueRead' } },
    },
    waiting: {
      description: 'a read is on the bus',
      on: {
        'read.issue': stall('one read at a time'),
        'read.resp': [
          { guard: 'endsPicture', target: 'idle', actions: 'takeRead' },
          { guard: 'readIsLive', target: 'ready', actions: 'takeRead' },
        ],
      },
    },
  },
}

const interrupt: StateConfig = {
  description: 'the interrupt line, level sensitive',
  initial: 'quiet',
  states: {
    quiet: {
      description: 'nothing to report',
      on: {
        'interrupt.event': [{ guard: 'interruptIsEnabled', target: 'asserted' }, { target: 'held' }],
      },
    },
    held: {
      description: 'something to report, but interrupts are disabled',
      on: {
        'interrupt.event': ignore('one interrupt reports both'),
        'reg.write.req': [
          { guard: 'clearsInterrupt', target: 'quiet' },
          { guard: 'unmasksInterrupt', target: 'asserted' },
        ],
      },
    },
    asserted: {
      description: 'the line is high',
      entry: 'raiseLine',
      exit: 'lowerLine',
      on: {
        'interrupt.event': ignore('one interrupt reports both'),
        'reg.write.req': [
          { guard: 'clearsInterrupt', target: 'quiet' },
          { guard: 'masksInterrupt', target: 'held' },
        ],
      },
    },
  },
}

const chart = (id: string): StateConfig => ({
  description: 'the camera DMA engine',
  type: 'parallel',
  // In this order a response is taken in before capture looks whether its frame was good.
  states: { registers, output, memoryInput, capture: capture(id), interrupt },
})

export const fimcMachine = defineFimc(defaultFimcConfig).machine
