import { integer, integerFrom } from '../../rules/parameter.ts'
import { freeSize, parseSize } from '../../rules/sizes.ts'
import { SOURCES } from '../../sources.ts'
import type { Combination, ParameterValues } from '../../rules/parameter-rules.ts'
import type { Size } from '../../rules/sizes.ts'

const { sdk, guide, gifProbes } = SOURCES

const FRAMES_BY_DEFAULT = 9

/** Parameters of an animated gif. */
export const gifParameters = {
  frame_count: integer(2, 16, { source: sdk, nullable: true }),
  frame_duration_ms: integerFrom(20, { source: sdk, nullable: true }),
}

/** The size of a frame. The guide's floor is not a frame's: 512x512 with two frames was taken. */
export const frameSize = freeSize({ multipleOf: 16, maxRatio: 3 }, ['auto'], { source: guide, nullable: true })

export function isGif(given: ParameterValues): boolean {
  return given.get('output_format') === 'gif'
}

/**
 * All frames lie on one sheet, in a grid of cells. The grids follow from the largest squares that were taken: 960 for 2
 * to 9 frames, 816 for 10 to 12, 720 for 13 to 16.
 */
const GRIDS: readonly { readonly upToFrames: number; readonly grids: readonly (readonly [number, number])[] }[] = [
  { upToFrames: 9, grids: [[3, 3]] },
  // Nobody has recorded which way it lies.
  {
    upToFrames: 12,
    grids: [
      [4, 3],
      [3, 4],
    ],
  },
  { upToFrames: 16, grids: [[4, 4]] },
]
const MAX_EDGE = 3840
const MAX_PIXELS = 8_294_400

/** The sheets on which so many frames of this size may lie. */
function sheetsOf(frames: number, { width, height }: Size): readonly Size[] {
  const grids = GRIDS.find(({ upToFrames }) => frames <= upToFrames)?.grids ?? []
  return grids.map(([columns, rows]) => ({ width: columns * width, height: rows * height }))
}

/** The sizes of the sheet that a request for an animation may need; undefined for other requests, and for frames of any size. */
export function sheetSizes(given: ParameterValues): readonly string[] | undefined {
  const frame = parseSize(given.get('size'))
  if (!isGif(given) || frame === undefined) return undefined
  const frames = given.get('frame_count') ?? FRAMES_BY_DEFAULT
  const sheets = sheetsOf(typeof frames === 'number' ? frames : FRAMES_BY_DEFAULT, frame)
  return sheets.map(({ width, height }) => `${width}x${height}`)
}

function fits({ width, height }: Size): boolean {
  return Math.max(width, height) <= MAX_EDGE && width * height <= MAX_PIXELS
}

const framesFitSheet: Combination = {
  param: 'size',
  rule: "with output_format 'gif', size is that of a frame, and all frames fit on a sheet of 8,294,400 pixels with edges of at most 3,840",
  source: gifProbes,
  broken: (given) => {
    const frame = parseSize(given.get('size'))
    const frames = given.get('frame_count') ?? FRAMES_BY_DEFAULT
    if (!isGif(given) || frame === undefined || typeof frames !== 'number') return undefined
    const sheets = sheetsOf(frames, frame)
    if (sheets.length === 0 || sheets.some(fits)) return undefined
    const [sheet = frame] = sheets
    return `${frames} frames of ${frame.width}x${frame.height} need a sheet of ${sheet.width}x${sheet.height} pixels, which has more than 8,294,400 pixels or an edge longer than 3,840. Use smaller or fewer frames.`
  },
}

const onlyForGif = (param: keyof typeof gifParameters): Combination => ({
  param,
  rule: `${param} needs output_format 'gif'`,
  source: sdk,
  broken: (given) =>
    typeof given.get(param) !== 'number' || isGif(given)
      ? undefined
      : `'${param}' has a meaning only in an animated gif. Set 'output_format' to 'gif', or leave '${param}' out.`,
})

const noMaskWithGif: Combination = {
  param: 'mask',
  rule: "mask is not supported with output_format 'gif'",
  source: sdk,
  broken: (given) =>
    isGif(given) && (given.get('mask') ?? undefined) !== undefined
      ? "A mask is not supported with the output format 'gif'. Leave one of them out."
      : undefined,
}

/** Rules across the parameters of an animated gif; `stream` and compression are ruled for gif and svg alike. */
export const gifCombinations: readonly Combination[] = [
  framesFitSheet,
  onlyForGif('frame_count'),
  onlyForGif('frame_duration_ms'),
]
export const gifEditCombinations: readonly Combination[] = [noMaskWithGif]
