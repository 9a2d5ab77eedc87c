import { mix } from '../scenery/colour.ts'
import { times } from '../dice.ts'
import { both, dot, faint, inks, shape, stroke } from './motif.ts'
import type { Dice } from '../dice.ts'
import type { Light } from '../scenery/colour.ts'
import type { Motif } from './motif.ts'

/** Things that grow. */
export const PLANTS: readonly Motif[] = [
  {
    name: 'tree',
    words: ['tree', 'oak', 'maple', 'cherry', 'sakura', 'bonsai', 'orchard', '树', '樱花'],
    place: 'ground',
    draw: tree,
  },
  {
    name: 'palm',
    words: ['palm', 'coconut', 'tropical', 'hawaii', 'beach', 'island', '椰子', '海滩'],
    place: 'ground',
    frame: [-70, -262, 126, 4],
    draw: palm,
  },
  {
    name: 'flower',
    words: ['flower', 'sunflower', 'daisy', 'rose', 'tulip', 'lotus', 'bouquet', '花', '向日葵'],
    place: 'ground',
    draw: flowers,
  },
  { name: 'cactus', words: ['cactus', 'cacti', 'saguaro', '仙人掌'], place: 'ground', draw: cactus },
  {
    name: 'mushroom',
    words: ['mushroom', 'toadstool', 'fungi', 'gnome', '蘑菇'],
    place: 'ground',
    frame: [-96, -190, 118, 8],
    draw: mushroom,
  },
]

function tree(light: Light, dice: Dice): string {
  const crown = light(dice.pick(['#3f8f5a', '#e2883a', '#f0a3b8', '#5a9e4a']))
  const [trunk, trunkShade] = [light('#6f4630'), light('#4c2f26')]
  const [dark, bright] = [mix(crown, light('#1c2b33'), 0.28), mix(crown, '#fff6d0', 0.3)]
  const puffs: readonly (readonly [number, number, number])[] = [
    [-56, -112, 42],
    [52, -108, 44],
    [-30, -156, 46],
    [34, -160, 44],
    [0, -126, 54],
  ]
  return [
    shape('M-14 2C-8 -30 -10 -60 -8 -96H10C10 -60 10 -28 20 2C8 -3 -6 -3 -14 2Z', trunk),
    shape('M2 -96H10C10 -60 10 -28 20 2C14 0 8 -1 4 -1C6 -40 4 -60 2 -96Z', trunkShade),
    stroke('M-4 -70L-30 -100M4 -80L30 -108', trunk, 8),
    ...puffs.map(([x, y, r]) => dot(x + 7, y + 9, r, dark)),
    ...puffs.map(([x, y, r]) => dot(x - 3, y - 3, r - 3, crown)),
    ...puffs.map(([x, y, r]) => faint(dot(x - r * 0.3, y - r * 0.32, r * 0.5, bright), 0.4)),
  ].join('')
}

function palm(light: Light): string {
  const [trunk, shade, leaf, leafDark, nut] = inks(light, '#a9744a', '#7c5236', '#2f9a68', '#1f6e55', '#7a4a2e')
  return [
    shape('M-14 2C-6 -60 2 -110 20 -166L32 -162C18 -110 14 -60 14 2Z', trunk),
    stroke('M-8 -26l18 3M-4 -56l16 3M1 -86l15 4M7 -114l14 4M14 -140l13 4', shade, 4),
    ...[-158, -112, -62].map((turn) => frond(turn, leafDark)),
    ...[150, -14, 36].map((turn) => frond(turn, leaf)),
    ...[-186, -36].map((turn) => frond(turn, leaf)),
    dot(20, -156, 9, nut),
    dot(34, -154, 9, nut),
    dot(27, -146, 9, mix(nut, '#ffffff', 0.12)),
  ].join('')
}

function frond(turn: number, colour: string): string {
  return `<g transform="translate(26 -164) rotate(${turn})">${shape('M0 0C24 -30 66 -36 98 2C70 -12 36 -6 0 0Z', colour)}</g>`
}

function flowers(light: Light, dice: Dice): string {
  const heads: readonly (readonly [number, number, number])[] = [
    [-52, -104, 30],
    [56, -118, 32],
    [0, -158, 42],
  ]
  const petal = dice.pick(['#f6b42c', '#ef5f7c', '#f7f0ff', '#b06fd6'])
  const [leaf, leafDark] = [light('#4f9a55'), light('#2f7048')]
  const stems = heads.map(([x, y]) => stroke(`M${x * 0.2} 2Q${x * 0.3} ${y * 0.5} ${x} ${y}`, leafDark, 6))
  return [
    ...stems,
    both(shape('M-3 -4C-20 -44 -52 -58 -72 -54C-66 -26 -40 -4 -3 -4Z', leaf)),
    shape('M2 -40C20 -72 34 -74 46 -72C42 -54 26 -42 2 -40Z', leafDark),
    ...heads.map(([x, y, r]) => head([x, y], r, light(petal), light('#6b3f22'))),
  ].join('')
}

function head([x, y]: readonly [number, number], radius: number, petal: string, heart: string): string {
  const ring = (count: number, reach: number, colour: string, offset: number): string =>
    times(
      count,
      (index) =>
        `<g transform="translate(${x} ${y}) rotate(${(index * 360) / count + offset})">${dot(0, -radius * reach * 0.62, radius * 0.24, colour, radius * reach * 0.46)}</g>`,
    ).join('')
  return [
    ring(12, 1.06, mix(petal, heart, 0.3), 15),
    ring(12, 0.96, petal, 0),
    dot(x, y, radius * 0.42, heart),
    dot(x - radius * 0.07, y - radius * 0.08, radius * 0.3, mix(heart, '#ffd27a', 0.25)),
  ].join('')
}

function cactus(light: Light): string {
  const [green, dark, spine, bloom] = inks(light, '#4f9d69', '#2f7053', '#dff0c4', '#f0567c')
  return [
    stroke('M-26 -64H-58V-116', green, 27),
    stroke('M26 -46H60V-96', dark, 27),
    shape('M-29 2V-157A29 29 0 0 1 29 -157V2Z', green),
    shape('M6 -186C24 -182 29 -170 29 -156V2H6Z', dark, 0.8),
    stroke('M-14 -168V-6M0 -176V-4M14 -168V-6M-58 -112V-72M60 -92V-58', spine, 2),
    ...[
      [-10, -186],
      [0, -192],
      [10, -186],
    ].map(([x = 0, y = 0]) => dot(x, y, 8, bloom)),
    dot(0, -186, 5, light('#ffd35c')),
    dot(-58, -131, 6.5, bloom),
  ].join('')
}

function mushroom(light: Light): string {
  const [cap, capShade, stem, stemShade, gills] = inks(light, '#d93f35', '#a12a33', '#fbeedd', '#d8c1ac', '#e6c9b4')
  const small = `<g transform="translate(76 0) scale(0.42)">${toadstool(cap, capShade, stem, stemShade, gills)}</g>`
  return toadstool(cap, capShade, stem, stemShade, gills) + small
}

function toadstool(cap: string, capShade: string, stem: string, stemShade: string, gills: string): string {
  return [
    shape('M-30 2C-22 -30 -24 -60 -20 -92H22C24 -60 24 -28 34 2C14 8 -12 8 -30 2Z', stem),
    shape('M6 -92H22C24 -60 24 -28 34 2C26 5 18 6 10 6C16 -30 12 -60 6 -92Z', stemShade),
    dot(0, -90, 82, gills, 15),
    shape('M-94 -92C-92 -156 -46 -186 0 -186C46 -186 92 -156 94 -92C60 -78 -60 -78 -94 -92Z', cap),
    shape('M20 -184C62 -174 92 -150 94 -92C76 -84 52 -81 30 -80C66 -110 60 -160 20 -184Z', capShade, 0.75),
    dot(-38, -138, 15, stem),
    dot(8, -156, 12, stem, 10),
    dot(36, -118, 15, stem),
    dot(-62, -106, 9, stem),
    dot(-8, -112, 11, stem),
    dot(74, -104, 7, stem),
  ].join('')
}
