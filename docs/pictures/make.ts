/**
 * Pictures | renders the demonstration pictures of this folder: `npx tsx docs/pictures/make.ts`. Deterministic.
 *
 * A small ray tracer: glossy and matt spheres on a checkered floor, a low sun with soft shadows, a sky with haze. The
 * scene and the pictures belong to this project.
 */

import { fileURLToPath } from 'node:url'
import { Prng } from '../../src/base/prng.ts'
import { writePicture } from '../../src/cli/image-files.ts'

type Vector = readonly [number, number, number]

interface Sphere {
  readonly centre: Vector
  readonly radius: number
  readonly color: Vector
  /** Share of the light that is mirrored, 0 to 1. */
  readonly mirror: number
}

interface Hit {
  readonly distance: number
  readonly point: Vector
  readonly normal: Vector
  readonly color: Vector
  readonly mirror: number
}

const add = (a: Vector, b: Vector): Vector => [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
const scale = (a: Vector, k: number): Vector => [a[0] * k, a[1] * k, a[2] * k]
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const mix = (a: Vector, b: Vector, k: number): Vector => add(scale(a, 1 - k), scale(b, k))
const times = (a: Vector, b: Vector): Vector => [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
function unit(a: Vector): Vector {
  return scale(a, 1 / Math.sqrt(dot(a, a)))
}

const spheres: readonly Sphere[] = [
  { centre: [-1.55, 1, 0.6], radius: 1, color: [0.86, 0.24, 0.16], mirror: 0.12 },
  { centre: [0.55, 0.8, -0.1], radius: 0.8, color: [0.93, 0.93, 0.95], mirror: 0.62 },
  { centre: [1.95, 0.6, 1.3], radius: 0.6, color: [0.13, 0.42, 0.75], mirror: 0.18 },
  { centre: [-0.35, 0.38, -1.35], radius: 0.38, color: [0.96, 0.74, 0.2], mirror: 0.08 },
  { centre: [1.45, 0.3, -1.25], radius: 0.3, color: [0.2, 0.6, 0.32], mirror: 0.1 },
  { centre: [-2.5, 0.34, -0.95], radius: 0.34, color: [0.55, 0.3, 0.68], mirror: 0.1 },
]
const sun: Vector = unit([-0.55, 0.62, -0.56])
const eye: Vector = [0, 1.75, -6.2]
const bouncesMax = 4
const shadowRays = 6
const pixelRays = 4

/** Distance to the sphere along a unit direction, or infinity. */
function reach({ centre, radius }: Sphere, origin: Vector, direction: Vector): number {
  const toCentre = add(centre, scale(origin, -1))
  const along = dot(toCentre, direction)
  const inside = radius * radius - (dot(toCentre, toCentre) - along * along)
  if (inside < 0) return Number.POSITIVE_INFINITY
  const near = along - Math.sqrt(inside)
  return near > 1e-4 ? near : Number.POSITIVE_INFINITY
}

function trace(origin: Vector, direction: Vector): Hit | undefined {
  let nearest: Sphere | undefined
  let distance = Number.POSITIVE_INFINITY
  for (const sphere of spheres) {
    const here = reach(sphere, origin, direction)
    if (here < distance) {
      distance = here
      nearest = sphere
    }
  }
  const toFloor = direction[1] < -1e-5 ? -origin[1] / direction[1] : Number.POSITIVE_INFINITY
  if (toFloor > 1e-4 && toFloor < distance) {
    const point = add(origin, scale(direction, toFloor))
    const light = (Math.floor(point[0]) + Math.floor(point[2])) % 2 === 0
    const color: Vector = light ? [0.82, 0.78, 0.7] : [0.2, 0.23, 0.27]
    return { distance: toFloor, point, normal: [0, 1, 0], color, mirror: 0.06 }
  }
  if (nearest === undefined) return undefined
  const point = add(origin, scale(direction, distance))
  const normal = unit(add(point, scale(nearest.centre, -1)))
  return { distance, point, normal, color: nearest.color, mirror: nearest.mirror }
}

function sky(direction: Vector): Vector {
  const height = Math.max(0, direction[1])
  const blue = mix([0.93, 0.84, 0.72], [0.25, 0.47, 0.78], Math.min(1, height * 2.2))
  const glow = Math.max(0, dot(direction, sun)) ** 200
  return add(blue, scale([1, 0.9, 0.7], glow))
}

/** Share of the sun that reaches the point: several rays to points near it make the edge of a shadow soft. */
function lit(hit: Hit, prng: Prng): number {
  let free = 0
  for (let ray = 0; ray < shadowRays; ray++) {
    const spread = (): number => (prng.below(4096) / 4096 - 0.5) * 0.11
    const towards = unit(add(sun, [spread(), spread(), spread()]))
    const origin = add(hit.point, scale(hit.normal, 1e-3))
    if (!spheres.some((sphere) => reach(sphere, origin, towards) < Number.POSITIVE_INFINITY)) free++
  }
  return free / shadowRays
}

function shade(origin: Vector, direction: Vector, prng: Prng, bounces: number): Vector {
  const hit = trace(origin, direction)
  if (hit === undefined) return sky(direction)
  const facing = dot(hit.normal, sun)
  const direct = facing > 0 ? facing * lit(hit, prng) : 0
  const ambient = 0.3 + 0.16 * hit.normal[1]
  let color = times(hit.color, add(scale([1.05, 0.96, 0.82], direct), scale([0.72, 0.84, 1], ambient)))
  const mirrored = add(direction, scale(hit.normal, -2 * dot(direction, hit.normal)))
  if (bounces > 0) {
    const glancing = hit.mirror + (1 - hit.mirror) * (1 + dot(direction, hit.normal)) ** 5
    const seen = shade(add(hit.point, scale(hit.normal, 1e-3)), mirrored, prng, bounces - 1)
    color = mix(color, seen, Math.min(0.9, glancing))
  }
  if (direct > 0) color = add(color, scale([1, 0.95, 0.85], 0.5 * Math.max(0, dot(mirrored, sun)) ** 60))
  // Distance fades into the haze at the horizon.
  return mix(color, [0.93, 0.84, 0.72], 1 - Math.exp(-hit.distance * 0.018))
}

function render(width: number, height: number): Uint8Array {
  const prng = new Prng(1, `still life ${width}x${height}`)
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum: Vector = [0, 0, 0]
      for (let ray = 0; ray < pixelRays; ray++) {
        const dx = (x + (ray & 1) * 0.5 + 0.25 - width / 2) / height
        const dy = (height / 2 - y - (ray >> 1) * 0.5 - 0.25) / height
        sum = add(sum, shade(eye, unit([dx, dy - 0.14, 1.15]), prng, bouncesMax))
      }
      for (let part = 0; part < 3; part++) {
        const linear = Math.min(1, (sum[part] as number) / pixelRays)
        rgb[(y * width + x) * 3 + part] = Math.round(255 * linear ** (1 / 1.6))
      }
    }
  }
  return rgb
}

for (const [name, width, height] of [
  ['still-life', 640, 480],
  ['still-life-small', 64, 48],
] as const) {
  const path = fileURLToPath(new URL(`./${name}.png`, import.meta.url))
  await writePicture(path, { width, height, rgb: render(width, height) })
}
