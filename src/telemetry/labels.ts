/** Sizes that have a series of their own; free sizes are too many for labels. */
const SIZES: ReadonlySet<unknown> = new Set(
  (
    '256x256 512x512 1024x1024 1536x1024 1024x1536 1792x1024 1024x1792 1280x720 720x1280 1536x1536 2048x2048 ' +
    '2048x1536 1536x2048 2560x1440 1440x2560 2880x2880 3840x2160 2160x3840 2K 4K auto'
  ).split(' '),
)
const QUALITIES: ReadonlySet<unknown> = new Set(['standard', 'hd', 'low', 'medium', 'high', 'xhigh', 'max', 'auto'])

/** The metrics label of a size: itself, `default` where none was named, `other` beyond the list. */
export function sizeLabel(value: unknown): string {
  return label(value, SIZES)
}

/** The metrics label of a quality. */
export function qualityLabel(value: unknown): string {
  return label(value, QUALITIES)
}

function label(value: unknown, known: ReadonlySet<unknown>): string {
  if (value === undefined || value === null) return 'default'
  return typeof value === 'string' && known.has(value) ? value : 'other'
}
