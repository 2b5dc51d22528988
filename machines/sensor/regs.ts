/** Sensor | registers of the camera sensor model: ours, since a real one sits behind I2C. */

/** Byte offsets from the sensor base. */
export const sensorRegister = {
  CTRL: 0x00, // HF-280
  FRAMES: 0x04, // HF-280
  LINE_CYCLES: 0x08, // HF-280
  BLANK_CYCLES: 0x0c, // HF-280
  STATUS: 0x10, // HF-280
} as const

/** CTRL: START as 1 starts the sensor, as 0 stops it at the end of the frame. HF-281 */
export const sensorCtrl = { START: 1 } as const

/** STATUS, read only: STREAMING while frames are sent; number of the present frame, or of the next one. HF-282 */
export const sensorStatus = { STREAMING: 1, FRAME_SHIFT: 8 } as const

// FRAMES: frames to send for each start, then the sensor stops by itself; 0 means until it is stopped. A start while
// frames are sent asks for FRAMES more.
// LINE_CYCLES, BLANK_CYCLES: cycles from line to line and from the end of a frame to the next; 1 or more.
