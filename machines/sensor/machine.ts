/**
 * Sensor | a camera sensor: sends its pictures line by line at its own pace, and waits for nobody.
 *
 *   regs --> sensor --> video (start, lines, end)
 *              ^ |
 *              +-+ timer: one message a line and one a blanking
 *
 * The registers are ours (a real sensor sits behind I2C). Left out: exposure, gain, embedded lines, every sync signal
 * but the start and the end of a frame.
 */

import type { Bytes } from '../../src/base/bytes.ts'
import type { Message, Out } from '../../src/kernel/actor.ts'
import { defineMachine, ignore, type MachineDefinition, type StateConfig } from '../../src/statechart/define.ts'
import { blackWord } from '../fimc/formats.ts'
import { board, memoryMap } from '../geometry.ts'
import type { RegReadReq, RegWriteReq, TimerMessage, VideoEnd, VideoLine, VideoStart } from '../protocol.ts'
import { answerRegisterRead, answerRegisterWrite } from '../register-answers.ts'
import { sensorCtrl, sensorRegister, sensorStatus } from './regs.ts'

/** One sensor. */
export interface SensorConfig {
  readonly id: string
  /** Physical address of the register window. */
  readonly base: number
  /** Words of a line: two YUYV pixels each, or one token. */
  readonly words: number
  readonly lines: number
  /** Frames sent in turn, `words` x `lines` words each; none: every word is `emptyWord`. */
  readonly frames: readonly Bytes[]
  readonly emptyWord: number
  /** Frames are numbered modulo this. */
  readonly frameIds: number
  /** What LINE_CYCLES and BLANK_CYCLES hold after reset; 1 or more. */
  readonly cyclesPerLine: number
  readonly blankCycles: number
}

/** Black VGA at about 30 frames a second of a 1 GHz clock. */
export const defaultSensorConfig: SensorConfig = {
  id: 'sensor',
  base: memoryMap.sensor.base,
  words: 320,
  lines: 480,
  frames: [],
  emptyWord: blackWord('yuyv'),
  frameIds: board.frameIds,
  cyclesPerLine: 64000, // HF-283
  blankCycles: 2_000_000, // HF-283
}

/** Starts that are not yet served add up to at most this many frames. */
const framesLeftMax = 0xffff // HF-284

// --- context --------------------------------------------------------------------------------------------------------

export interface SensorContext {
  /** Registers FRAMES, LINE_CYCLES and BLANK_CYCLES. */
  frames: number
  lineCycles: number
  blankCycles: number
  /** Frames still to send after this one, in the count of FRAMES; 0 when that is 0. */
  left: number
  /** Number of the present or next frame, and the picture it shows. */
  frame: number
  picture: number
  /** Next line of the present frame. */
  line: number
  /** Whether STATUS says that frames are sent. */
  streaming: boolean
}

export type SensorMessage = RegReadReq | RegWriteReq | TimerMessage
type Context = SensorContext

export function defineSensor(config: SensorConfig): MachineDefinition {
  return defineMachine<Context, SensorMessage>({
    id: config.id,
    description: 'Camera sensor: frames of lines, free running or a given number',
    inPorts: { regs: ['reg.read.req', 'reg.write.req'], timer: ['timer.line'] },
    outPorts: {
      regs: ['reg.read.resp', 'reg.write.resp'],
      video: ['video.start', 'video.line', 'video.end'],
      timer: ['timer.line'],
    },
    events: {
      'reg.read.req': 'a register is read',
      'reg.write.req': 'a register is written',
      'timer.line': 'time for the next line, or for the next frame',
    },
    context: () => ({
      frames: 0,
      lineCycles: config.cyclesPerLine,
      blankCycles: config.blankCycles,
      left: 0,
      frame: 0,
      picture: 0,
      line: 0,
      streaming: false,
    }),
    guards: guards(config),
    actions: { ...registerActions(config), ...frameActions(config) },
    chart,
  })
}

// --- guards ---------------------------------------------------------------------------------------------------------

function guards(config: SensorConfig) {
  const isControl = (message: SensorMessage): boolean =>
    (message as RegWriteReq).addr === (config.base + sensorRegister.CTRL) >>> 0
  return {
    starts: (_: Context, message: SensorMessage) =>
      isControl(message) && ((message as RegWriteReq).value & sensorCtrl.START) !== 0,
    stops: (_: Context, message: SensorMessage) =>
      isControl(message) && ((message as RegWriteReq).value & sensorCtrl.START) === 0,
    isLastLine: (context: Context) => context.line === config.lines - 1,
    isLastLineOfLastFrame: (context: Context) => context.line === config.lines - 1 && context.left === 1,
  }
}

// --- actions --------------------------------------------------------------------------------------------------------

function registerActions(config: SensorConfig) {
  return {
    answerRead: {
      description: 'returns the value of the register',
      sends: { regs: 1 },
      run: (context: Context, message: SensorMessage, out: Out) => {
        const request = message as RegReadReq
        answerRegisterRead(out, request, readRegister(context, request.addr - config.base))
      },
    },
    writeRegister: {
      description: 'stores the value and acknowledges; it counts from the next start, line or blanking on',
      sends: { regs: 1 },
      run: (context: Context, message: SensorMessage, out: Out) => {
        const request = message as RegWriteReq
        const stored = request.value >>> 0
        const offset = request.addr - config.base
        if (offset === sensorRegister.FRAMES) context.frames = stored
        else if (offset === sensorRegister.LINE_CYCLES) context.lineCycles = Math.max(1, stored)
        else if (offset === sensorRegister.BLANK_CYCLES) context.blankCycles = Math.max(1, stored)
        answerRegisterWrite(out, request, 'ok')
      },
    },
    countFrames: {
      description: 'takes the number of frames to send from FRAMES',
      run: (context: Context) => {
        context.left = context.frames
        context.streaming = true
      },
    },
    addFrames: {
      description: 'asks for FRAMES more; with FRAMES 0, or without a count, frames go on until the sensor is stopped',
      run: (context: Context) => {
        const counted = context.left > 0 && context.frames > 0
        context.left = counted ? Math.min(context.left + context.frames, framesLeftMax) : 0
      },
    },
    rest: {
      description: 'STATUS says that no frames are sent',
      run: (context: Context) => {
        context.left = 0
        context.streaming = false
      },
    },
  }
}

function frameActions(config: SensorConfig) {
  const wait = (out: Out, afterCycles: number): void => {
    const timer: TimerMessage = { type: 'timer.line', afterCycles }
    out.send('timer', timer)
  }
  return {
    waitBlanking: {
      description: 'waits the vertical blanking',
      sends: { timer: 1 },
      run: (context: Context, _: Message, out: Out) => wait(out, context.blankCycles),
    },
    startFrame: {
      description: 'announces a frame',
      sends: { video: 1, timer: 1 },
      run: (context: Context, _: Message, out: Out) => {
        const start: VideoStart = { type: 'video.start', frame: context.frame }
        out.send('video', start)
        wait(out, context.lineCycles)
      },
    },
    sendLine: {
      description: 'sends a line that is not the last one',
      sends: { video: 1, timer: 1 },
      run: (context: Context, _: Message, out: Out) => {
        out.send('video', lineOf(config, context))
        context.line++
        wait(out, context.lineCycles)
      },
    },
    endFrame: {
      description: 'sends the last line and the end of the frame, and moves on to the next picture',
      sends: { video: 2 },
      run: (context: Context, _: Message, out: Out) => {
        out.send('video', lineOf(config, context))
        const end: VideoEnd = { type: 'video.end', frame: context.frame }
        out.send('video', end)
        context.line = 0
        context.frame = (context.frame + 1) % config.frameIds
        if (config.frames.length > 0) context.picture = (context.picture + 1) % config.frames.length
        if (context.left > 0) context.left--
      },
    },
  }
}

/** What the CPU reads; reserved offsets read as 0. */
function readRegister(context: Context, offset: number): number {
  if (offset === sensorRegister.CTRL) return context.streaming ? sensorCtrl.START : 0
  if (offset === sensorRegister.FRAMES) return context.frames
  if (offset === sensorRegister.LINE_CYCLES) return context.lineCycles
  if (offset === sensorRegister.BLANK_CYCLES) return context.blankCycles
  if (offset !== sensorRegister.STATUS) return 0
  return (context.streaming ? sensorStatus.STREAMING : 0) | (context.frame << sensorStatus.FRAME_SHIFT)
}

function lineOf(config: SensorConfig, context: Context): VideoLine {
  const { frame, line, picture } = context
  const source = config.frames[picture]
  const data = source
    ? source.read(line * config.words * 4, config.words)
    : new Array<number>(config.words).fill(config.emptyWord)
  return { type: 'video.line', frame, line, data }
}

// --- states ---------------------------------------------------------------------------------------------------------

const chart: StateConfig = {
  description: 'the sensor',
  type: 'parallel',
  states: {
    registers: {
      description: 'answers register accesses',
      initial: 'serving',
      states: {
        serving: {
          description: 'one access at a time',
          on: { 'reg.read.req': { actions: 'answerRead' }, 'reg.write.req': { actions: 'writeRegister' } },
        },
      },
    },
    scan: {
      description: 'where the sensor is in its frame',
      initial: 'stopped',
      states: {
        stopped: {
          description: 'no frames, no timer',
          on: {
            'timer.line': ignore('no timer runs'),
            'reg.write.req': { guard: 'starts', target: 'blanking', actions: ['countFrames', 'waitBlanking'] },
          },
        },
        blanking: {
          description: 'between frames',
          on: {
            'timer.line': { target: 'scanning', actions: 'startFrame' },
            'reg.write.req': [
              { guard: 'stops', target: 'expiring', actions: 'rest' },
              { guard: 'starts', actions: 'addFrames' },
            ],
          },
        },
        expiring: {
          description: 'stopped between frames; the timer of the blanking still runs',
          on: {
            'timer.line': { target: 'stopped' },
            'reg.write.req': { guard: 'starts', target: 'blanking', actions: 'countFrames' },
          },
        },
        scanning: {
          description: 'lines are sent',
          on: {
            'timer.line': [
              { guard: 'isLastLineOfLastFrame', target: 'stopped', actions: ['endFrame', 'rest'] },
              { guard: 'isLastLine', target: 'blanking', actions: ['endFrame', 'waitBlanking'] },
              { actions: 'sendLine' },
            ],
            'reg.write.req': [
              { guard: 'stops', target: 'finishing' },
              { guard: 'starts', actions: 'addFrames' },
            ],
          },
        },
        finishing: {
          description: 'to be stopped at the end of this frame',
          on: {
            'timer.line': [
              { guard: 'isLastLine', target: 'stopped', actions: ['endFrame', 'rest'] },
              { actions: 'sendLine' },
            ],
            'reg.write.req': { guard: 'starts', target: 'scanning', actions: 'countFrames' },
          },
        },
      },
    },
  },
}

export const sensorMachine = defineSensor(defaultSensorConfig).machine
