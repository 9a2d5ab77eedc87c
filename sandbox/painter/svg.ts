/** A point on the drawing, in drawing units (the picture's short side is 1000). */
export type Point = readonly [x: number, y: number]

type Piece = string | number | readonly string[]

/** Writes SVG from a template: numbers are rounded to two decimals (or the text trebles), lists are joined. */
export function svg(strings: TemplateStringsArray, ...pieces: readonly Piece[]): string {
  return String.raw({ raw: strings }, ...pieces.map(write))
}

function write(piece: Piece): string {
  if (typeof piece === 'number') return String(Math.round(piece * 100) / 100)
  return typeof piece === 'string' ? piece : piece.join('')
}

/** A gradient stop: offset 0..1, colour, opacity (1 when left out). */
export type Stop = readonly [offset: number, colour: string, opacity?: number]

/** Something to fill with: `def` must stand in the drawing, `fill` goes into a fill attribute. */
export interface Paint {
  def: string
  fill: string
}

/** A gradient from top to bottom of the shape it fills, or from left to right. */
export function linear(id: string, stops: readonly Stop[], direction: 'down' | 'across' = 'down'): Paint {
  const end = direction === 'down' ? svg`x2="0" y2="1"` : svg`x2="1" y2="0"`
  return {
    def: svg`<linearGradient id="${id}" x1="0" y1="0" ${end}>${stopsOf(stops)}</linearGradient>`,
    fill: `url(#${id})`,
  }
}

/** A gradient from the centre of the shape it fills outwards. */
export function radial(id: string, stops: readonly Stop[], centre: Point = [0.5, 0.5]): Paint {
  return {
    def: svg`<radialGradient id="${id}" cx="${centre[0]}" cy="${centre[1]}" r="0.5">${stopsOf(stops)}</radialGradient>`,
    fill: `url(#${id})`,
  }
}

function stopsOf(stops: readonly Stop[]): string[] {
  return stops.map(
    ([offset, colour, opacity = 1]) => svg`<stop offset="${offset}" stop-color="${colour}" stop-opacity="${opacity}"/>`,
  )
}

/** A closed path with straight edges through the points. */
export function polygon(points: readonly Point[], attributes: string): string {
  return svg`<path d="M${points.map(([x, y]) => svg`${x} ${y}`).join('L')}Z" ${attributes}/>`
}

/** Path data of a smooth open curve through the points (Catmull-Rom turned into Bézier). */
export function curve(points: readonly Point[]): string {
  const at = (index: number): Point => points[Math.max(0, Math.min(points.length - 1, index))] ?? [0, 0]
  const pieces = points.slice(1).map((end, i) => {
    const [before, start, after] = [at(i - 1), at(i), at(i + 2)]
    const c1: Point = [start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6]
    const c2: Point = [end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6]
    return svg`C${c1[0]} ${c1[1]} ${c2[0]} ${c2[1]} ${end[0]} ${end[1]}`
  })
  const [x, y] = at(0)
  return svg`M${x} ${y}${pieces}`
}
