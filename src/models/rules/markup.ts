import { imagesGiven } from './image-file.ts'
import type { Combination } from './parameter-rules.ts'
import type { ImageFile } from './image-file.ts'
import type { Source } from '../sources.ts'

/** Formats in which a camera notes how the picture is to be turned (EXIF), so that its stored edges may be swapped. */
const MAY_BE_TURNED: ReadonlySet<string | undefined> = new Set(['jpeg', 'webp'])

/** The markup lies over the first image as it is shown, after its EXIF orientation. */
export function markupFitsImage(source: Source): Combination {
  return {
    param: 'markup',
    rule: 'the markup has the width and height of the first image as it is shown',
    source,
    broken: (given) => {
      const [image] = imagesGiven(given, 'image', 'images')
      const [markup] = imagesGiven(given, 'markup', 'markup')
      if (markup?.width === undefined || image?.width === undefined) return undefined
      const isSame = markup.width === image.width && markup.height === image.height
      const isTurned = markup.width === image.height && markup.height === image.width
      if (isSame || (isTurned && MAY_BE_TURNED.has(image.format))) return undefined
      const size = (file: ImageFile): string => `${file.width}x${file.height}`
      return `The markup has ${size(markup)} pixels and the first image ${size(image)}; they must be equal.`
    },
  }
}

export function noMaskWithMarkup(source: Source): Combination {
  return {
    param: 'markup',
    rule: 'markup and mask cannot be used together',
    source,
    broken: (given) =>
      (given.get('markup') ?? undefined) === undefined || (given.get('mask') ?? undefined) === undefined
        ? undefined
        : "'markup' and 'mask' cannot be used together. Leave one of them out.",
  }
}
