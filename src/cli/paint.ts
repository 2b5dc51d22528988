/** Cli | colours of the terminal. */

import { styleText } from 'node:util'
import type { Terminal, Tone } from './terminal.ts'

const styles = { good: 'green', bad: 'red', strong: 'bold', faint: 'dim' } as const satisfies Record<Tone, string>

export function painter(inColour: boolean): Terminal['paint'] {
  return (tone, text) => (inColour ? styleText(styles[tone], text, { validateStream: false }) : text)
}
