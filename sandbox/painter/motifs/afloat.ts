import { dot, inks, shape, stroke } from './motif.ts'
import type { Light } from '../scenery/colour.ts'
import type { Motif } from './motif.ts'

/** Subjects that float on water. */
export const AFLOAT: readonly Motif[] = [
  { name: 'paper boat', words: ['paper boat', 'paper ship', 'origami', '纸船'], place: 'water', draw: paperBoat },
  {
    name: 'sailing boat',
    words: ['boat', 'sailboat', 'sail', 'sailing', 'yacht', 'ship', 'regatta', '船', '帆'],
    place: 'water',
    frame: [-100, -210, 102, 20],
    draw: sailingBoat,
  },
  {
    name: 'otter',
    words: ['otter', 'seal', 'beaver', '水獭'],
    place: 'water',
    frame: [-120, -92, 126, 20],
    draw: otter,
  },
  { name: 'duck', words: ['duck', 'swan', 'goose', 'duckling', '鸭', '天鹅'], place: 'water', draw: duck },
]

function paperBoat(light: Light): string {
  const [white, pale, grey, dark] = inks(light, '#fffdf7', '#f0ebe3', '#d9d3d0', '#b9b4bb')
  return [
    shape('M-100 -58L-34 -34L34 -34L100 -58L60 -20H-60Z', dark),
    shape('M0 -138L-52 -34L0 -14Z', white),
    shape('M0 -138L52 -34L0 -14Z', grey),
    shape('M-100 -58L-62 12H0L-22 -24Z', white),
    shape('M100 -58L62 12H0L22 -24Z', pale),
    shape('M-22 -24L0 12L22 -24L0 -14Z', grey),
    shape('M-100 -58L-22 -24L-8 -2L-70 -4Z', pale, 0.55),
    shape('M62 12H0L22 -24L74 -10Z', grey, 0.5),
  ].join('')
}

function sailingBoat(light: Light): string {
  const [sail, sailShade, hull, hullShade, wood, accent] = inks(
    light,
    '#fff8ea',
    '#e9dccb',
    '#c8432f',
    '#962c25',
    '#7b4a2d',
    '#f2b33d',
  )
  return [
    stroke('M-4 -30V-196', wood, 5),
    shape('M-10 -190C-58 -140 -76 -92 -78 -46C-54 -40 -28 -40 -10 -44Z', sailShade),
    shape('M2 -198C58 -160 84 -104 86 -48C58 -38 24 -38 2 -44Z', sail),
    shape('M2 -198C24 -150 32 -96 30 -40C20 -41 10 -42 2 -44Z', sailShade, 0.6),
    shape('M-4 -208L34 -199L-4 -189Z', accent),
    shape('M-98 -34C-40 -26 40 -26 100 -40C94 -8 76 14 58 18H-62C-82 12 -94 -10 -98 -34Z', hull),
    shape('M-20 -28C30 -28 70 -32 100 -40C94 -8 76 14 58 18H-10C20 10 30 -8 -20 -28Z', hullShade, 0.75),
    stroke('M-96 -30C-40 -21 40 -21 98 -35', light('#fff3dd'), 5),
    dot(-34, -6, 6, light('#fff3dd')),
    dot(-4, -5, 6, light('#fff3dd')),
    dot(26, -6, 6, light('#fff3dd')),
  ].join('')
}

function otter(light: Light): string {
  const [fur, dark, face, nose, star, starShade] = inks(
    light,
    '#8a5a3c',
    '#66402b',
    '#e5c7a1',
    '#33201b',
    '#f2a23a',
    '#d97b2b',
  )
  return [
    shape('M40 -26C84 -44 112 -22 124 -2C100 2 70 6 40 4Z', dark),
    shape('M-70 -18C-50 -64 40 -66 66 -30C84 -6 70 12 40 16H-50C-74 8 -78 -4 -70 -18Z', fur),
    shape('M-44 -34C-16 -60 40 -54 52 -26C30 -8 -20 -8 -44 -34Z', face, 0.9),
    dot(84, -34, 14, dark, 9),
    dot(68, -42, 13, dark, 9),
    dot(-98, -72, 11, dark),
    dot(-44, -80, 11, dark),
    dot(-72, -48, 42, fur, 37),
    dot(-74, -38, 29, face, 23),
    dot(-90, -54, 5.5, nose),
    dot(-58, -54, 5.5, nose),
    dot(-91.5, -56, 1.8, '#ffffff'),
    dot(-59.5, -56, 1.8, '#ffffff'),
    dot(-74, -43, 9, nose, 6.5),
    stroke('M-74 -37v7m0 0q-7 7 -13 2m13 -2q7 7 13 2', nose, 2.6),
    stroke('M-102 -38l-20 -5m20 12l-19 3M-46 -38l20 -5m-20 12l19 3', face, 1.8),
    shape('M6 -74l7 17 18 1 -14 12 5 18 -16 -10 -16 10 5 -18 -14 -12 18 -1Z', star),
    shape('M6 -74v48l-16 10 5 -18 -14 -12 18 -1Z', starShade, 0.55),
    dot(-20, -38, 13, fur, 9),
    dot(32, -38, 13, fur, 9),
  ].join('')
}

function duck(light: Light): string {
  const [body, shade, beak, eye] = inks(light, '#fff6df', '#e6d3b0', '#f08a2c', '#2b2530')
  return [
    shape(
      'M-96 -56C-70 -52 -60 -44 -30 -56C-6 -66 6 -84 4 -110C-2 -158 70 -170 76 -118C80 -88 70 -76 78 -46C84 -14 60 14 20 16H-40C-80 12 -98 -20 -96 -56Z',
      body,
    ),
    shape('M-64 -34C-40 -46 0 -50 26 -34C20 -8 -30 4 -64 -34Z', shade),
    shape('M-88 0C-50 20 40 20 76 -20C74 4 50 16 20 16H-40C-62 14 -78 10 -88 0Z', shade, 0.7),
    shape('M72 -128C92 -126 108 -118 112 -110C100 -100 84 -100 72 -104Z', beak),
    dot(50, -128, 6.5, eye),
    dot(48, -130, 2, '#ffffff'),
  ].join('')
}
