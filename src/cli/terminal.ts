/** Cli | what a command needs of the process it runs in, so that tests can run commands without one. */

/** How a piece of text is meant; plain where there are no colours. */
export type Tone = 'good' | 'bad' | 'strong' | 'faint'

export interface Terminal {
  /** Answers. With `--json`, one JSON text and nothing else. */
  readonly out: (text: string) => void
  /** Errors, notes and progress. */
  readonly err: (text: string) => void
  readonly paint: (tone: Tone, text: string) => string
  /** Columns of the terminal that answers go to; absent where they go to none. */
  readonly width?: number
  /** Whether a line of `err` can be written over. */
  readonly rewritesErr: boolean
  /** All of the standard input. */
  readonly input: () => Promise<Uint8Array>
  /** Asks a person at the keyboard; absent where nobody is there. An empty answer is one. */
  readonly ask?: (question: string) => Promise<string>
  /** Aborted when the user asks to stop. */
  readonly interrupt: AbortSignal
  /** The same as a question, for what does not return to the event loop for long, so that `interrupt` is not heard of. */
  readonly isInterrupted: () => boolean
}

/** Exit codes; errors carry their own (src/base/errors.ts). What SIGTERM ends says `interrupted` until the process says which signal it was. */
export const exitCodes = {
  clean: 0,
  violated: 1,
  usage: 2,
  bounded: 3,
  internal: 4,
  interrupted: 130,
  terminated: 143,
} as const
