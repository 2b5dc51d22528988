/** Cli | the frames of a run as picture files, written while the run goes on. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PictureSize } from '../../machines/fimc/formats.ts'
import type { SeenFrame } from '../run/frames.ts'
import { damagePicture, type Picture, type PictureFormatName, pictureOfFrame } from '../run/picture.ts'
import type { FrameFile } from '../run/report.ts'
import { writePicture } from './image-files.ts'

/** Frames that may wait to be compressed before the run waits for them. */
const waitingMax = 2

export class FrameFiles {
  /** How many frames there were of each index: programs that run side by side each count their own. */
  private readonly counts = new Map<number, number>()
  private readonly written: { readonly file: FrameFile; readonly nth: number }[] = []
  private readonly directory: string
  private readonly name: PictureFormatName
  private readonly size: PictureSize
  private waiting: Promise<void>[] = []

  constructor(directory: string, name: PictureFormatName, size: PictureSize) {
    this.directory = directory
    this.name = name
    this.size = size
  }

  /** What has been written, in order. */
  get files(): FrameFile[] {
    return this.written.toSorted((a, b) => a.file.index - b.file.index || a.nth - b.nth).map(({ file }) => file)
  }

  /** Takes a frame; it is written in the background, the second one of an index as `frame-N-2.png`. */
  add(frame: SeenFrame): void {
    const nth = (this.counts.get(frame.index) ?? 0) + 1
    this.counts.set(frame.index, nth)
    const work = this.write(frame, nth)
    // Its failure is met in `settle`; until then it is not unhandled.
    work.catch(() => undefined)
    this.waiting.push(work)
  }

  /** Waits until few frames are left to be written. Throws a usage error if one cannot be. */
  async settle(left = waitingMax): Promise<void> {
    while (this.waiting.length > left) await this.waiting.shift()
  }

  private async write({ index, seen, wrong }: SeenFrame, nth: number): Promise<void> {
    const name = nth === 1 ? `frame-${index}` : `frame-${index}-${nth}`
    const picture: Picture = pictureOfFrame(seen, this.name, this.size)
    const file = join(this.directory, `${name}.png`)
    const damageFile = join(this.directory, `${name}.damage.png`)
    await writePicture(file, picture)
    if (wrong.length > 0) await writePicture(damageFile, damagePicture(picture, this.name, wrong))
    // Left from an earlier run, it would accuse this one.
    else await rm(damageFile, { force: true })
    const damage = wrong.length > 0 ? { damageFile } : {}
    this.written.push({ file: { index, file, wrongLines: wrong.length, ...damage }, nth })
  }
}
