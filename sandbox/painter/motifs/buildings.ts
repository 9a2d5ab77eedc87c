import { both, box, dot, faint, inks, shape, stroke } from './motif.ts'
import type { Light } from '../scenery/colour.ts'
import type { Motif } from './motif.ts'

/** Things people build. */
export const BUILDINGS: readonly Motif[] = [
  {
    name: 'house',
    words: ['house', 'cottage', 'home', 'cabin', 'hut', 'barn', 'farm', 'village', '房子', '小屋'],
    place: 'ground',
    frame: [-100, -262, 100, 6],
    draw: house,
  },
  {
    name: 'castle',
    words: ['castle', 'palace', 'fortress', 'kingdom', 'knight', 'princess', '城堡'],
    place: 'ground',
    frame: [-100, -242, 104, 4],
    draw: castle,
  },
  {
    name: 'lighthouse',
    words: ['lighthouse', 'beacon', '灯塔'],
    place: 'ground',
    frame: [-104, -234, 104, 8],
    draw: lighthouse,
  },
  {
    name: 'windmill',
    words: ['windmill', 'mill', 'dutch', 'netherlands', '风车'],
    place: 'ground',
    frame: [-104, -256, 104, 4],
    draw: windmill,
  },
  {
    name: 'tent',
    words: ['tent', 'camp', 'camping', 'campfire', '帐篷'],
    place: 'ground',
    frame: [-112, -140, 146, 10],
    draw: tent,
  },
]

const LAMP = '#ffdf8e'

function house(light: Light): string {
  const [wall, wallShade, roof, roofShade, door, frame] = inks(
    light,
    '#fdf0da',
    '#dcc4a6',
    '#c4472f',
    '#8f2f2b',
    '#3f7a78',
    '#7b4a35',
  )
  const pane = (x: number, y: number): string =>
    box([x, y, 30, 32], frame, 3) +
    box([x + 3, y + 3, 24, 26], LAMP) +
    stroke(`M${x + 15} ${y + 3}v26M${x + 3} ${y + 16}h24`, frame, 2.5)
  return [
    box([38, -178, 24, 60], light('#9a5a45')),
    box([34, -184, 32, 10], light('#7f4536'), 2),
    faint(stroke('M50 -194c-14 -12 10 -20 0 -34c-8 -12 8 -18 4 -28', light('#f3f0ee'), 7), 0.6),
    shape('M-80 0V-92L0 -160L80 -92V0Z', wall),
    shape('M0 -160L80 -92V0H24V-110Z', wallShade, 0.55),
    shape('M-98 -84L0 -176L98 -84L84 -70L0 -146L-84 -70Z', roof),
    shape('M0 -176L98 -84L84 -70L0 -146Z', roofShade),
    box([-16, -58, 34, 58], door, 4),
    dot(11, -28, 3, LAMP),
    pane(-64, -64),
    pane(34, -64),
    dot(0, -108, 15, frame),
    dot(0, -108, 11.5, LAMP),
    both(dot(-70, -2, 17, light('#4b8b57'), 13) + dot(-50, 0, 13, light('#5ba065'), 9)),
    box([-22, -4, 46, 6], light('#b9a690'), 2),
  ].join('')
}

function castle(light: Light): string {
  const [stone, dark, roof, roofShade, gate] = inks(light, '#d8cdc6', '#a89aa0', '#4a6fa5', '#33507d', '#4a3038')
  const tower = (x: number, wide: number, tall: number): string =>
    [
      box([x, -tall, wide, tall], stone),
      box([x + wide * 0.62, -tall, wide * 0.38, tall], dark),
      box([x - 4, -tall - 6, wide + 8, 10], dark, 2),
      shape(`M${x - 8} ${-tall - 5}L${x + wide / 2} ${-tall - wide * 1.5}L${x + wide + 8} ${-tall - 5}Z`, roof),
      shape(`M${x + wide / 2} ${-tall - wide * 1.5}L${x + wide + 8} ${-tall - 5}H${x + wide * 0.62}Z`, roofShade),
      box([x + wide * 0.3, -tall + 16, 9, 18], LAMP, 4),
    ].join('')
  const flag = (x: number, y: number): string =>
    stroke(`M${x} ${y}v-26`, dark, 2.5) + shape(`M${x} ${y - 26}q12 -5 24 0q-4 6 0 12q-12 -5 -24 0Z`, light('#e2574c'))
  const merlons = [-54, -34, -14, 6, 26, 46].map((x) => box([x, -92, 12, 14], stone))
  return [
    tower(-24, 48, 140),
    flag(0, -210),
    box([-60, -82, 120, 82], stone),
    faint(box([10, -82, 50, 82], dark), 0.45),
    ...merlons,
    tower(-92, 38, 104),
    flag(-73, -160),
    tower(56, 38, 112),
    flag(75, -168),
    shape('M-20 0V-36A20 22 0 0 1 20 -36V0Z', gate),
    stroke('M-10 0v-50M0 0v-56M10 0v-50M-20 -18h40M-20 -36h40', light('#7d6a63'), 2.2),
  ].join('')
}

function lighthouse(light: Light): string {
  const [white, shade, red, redShade, rock, rockShade] = inks(
    light,
    '#fffaf0',
    '#d9d2cf',
    '#d8432f',
    '#a52f2b',
    '#6d6570',
    '#4b4552',
  )
  return [
    // Nested beams, since a motif has no gradients: the light fades with the distance.
    ...[110, 165, 220, 275, 330].map((reach) =>
      both(
        shape(
          `M-10 -194L${-reach} ${-194 - reach * 0.16}Q${-reach * 1.08} -194 ${-reach} ${-194 + reach * 0.16}Z`,
          LAMP,
          0.11,
        ),
      ),
    ),
    shape('M-96 6C-84 -22 -60 -32 -34 -36H36C66 -30 86 -18 100 6Z', rock),
    shape('M4 -36H36C66 -30 86 -18 100 6H30C44 -8 30 -24 4 -36Z', rockShade),
    shape('M-30 -34L-20 -168H20L30 -34Z', white),
    shape('M-27.6 -68L-25 -102H25L27.6 -68Z', red),
    shape('M-22.6 -134L-20 -168H20L22.6 -134Z', red),
    shape('M4 -168H20L30 -34H6Z', shade, 0.6),
    shape('M5 -68L5 -102H25L27.6 -68ZM4 -134V-168H20L22.6 -134Z', redShade, 0.8),
    box([-28, -176, 56, 9], light('#3a3740'), 3),
    box([-15, -208, 30, 32], LAMP),
    stroke('M-15 -208v32M0 -208v32M15 -208v32', light('#3a3740'), 3),
    shape('M-20 -206L0 -230L20 -206Z', red),
    shape('M0 -230L20 -206H0Z', redShade),
    dot(0, -192, 9, '#fffdf0'),
    shape('M-9 -34V-52A9 10 0 0 1 9 -52V-34Z', light('#5a3a33')),
    dot(-4, -118, 5, light('#3a4a5a')),
  ].join('')
}

function windmill(light: Light): string {
  const [wall, shade, cap, wood, sail] = inks(light, '#f4e6d0', '#cdb79a', '#8a4a3a', '#5d3b2e', '#fff7e8')
  const blade = (turn: number): string =>
    `<g transform="translate(0 -146) rotate(${turn})">${box([-2.5, -104, 5, 104], wood)}${shape('M3 -102H26V-26H3Z', sail)}${stroke('M3 -84H26M3 -64H26M3 -45H26M14 -102V-26', wood, 1.8)}</g>`
  return [
    shape('M-48 0L-30 -130H30L48 0Z', wall),
    shape('M8 -130H30L48 0H14Z', shade, 0.75),
    shape('M-34 -128C-30 -164 30 -164 34 -128Z', cap),
    box([-13, -36, 26, 36], wood, 4),
    box([-9, -100, 18, 22], LAMP, 3),
    ...[20, 110, 200, 290].map(blade),
    dot(0, -146, 8, wood),
  ].join('')
}

function tent(light: Light): string {
  const [left, right, inside, trunk] = inks(light, '#f0a13a', '#cf6f2a', '#5b3040', '#6a4230')
  return [
    shape('M-92 0L-6 -124L20 0Z', left),
    shape('M-6 -124L96 0H20Z', right),
    shape('M-58 0L-10 -84L-4 0Z', inside),
    shape('M-58 0L-10 -84L-30 0Z', LAMP, 0.85),
    stroke('M-6 -124L-14 -138M-6 -124L4 -138', trunk, 4),
    stroke('M-92 0l-18 4M96 0l16 4', trunk, 3),
    stroke('M102 4l36 -10M104 -6l34 10', trunk, 7),
    shape(
      'M120 -66C138 -44 144 -24 134 -6C126 2 112 2 106 -6C98 -22 108 -36 110 -46C116 -40 118 -38 120 -66Z',
      '#ff8a3d',
    ),
    shape('M121 -38C130 -24 130 -14 126 -6C122 0 114 0 112 -6C110 -16 118 -24 121 -38Z', '#ffe08a'),
  ].join('')
}
