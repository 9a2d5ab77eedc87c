import { box, dot, faint, inks, shape, stroke } from './motif.ts'
import type { Light } from '../scenery/colour.ts'
import type { Motif } from './motif.ts'

/** Subjects of the sky and of space. */
export const ALOFT: readonly Motif[] = [
  { name: 'balloon', words: ['balloon', 'airship', 'zeppelin', '气球'], place: 'sky', draw: balloon },
  {
    name: 'aeroplane',
    words: ['plane', 'airplane', 'aeroplane', 'aircraft', 'flight', 'jet', '飞机'],
    place: 'sky',
    frame: [-112, -64, 108, 66],
    draw: aeroplane,
  },
  {
    name: 'bird',
    words: ['bird', 'parrot', 'eagle', 'sparrow', 'hummingbird', 'pelican', 'seagull', 'crane', '鸟'],
    place: 'sky',
    frame: [-130, -126, 114, 68],
    draw: bird,
  },
  { name: 'kite', words: ['kite', '风筝'], place: 'sky', frame: [-100, -102, 70, 272], draw: kite },
  {
    name: 'rocket',
    words: ['rocket', 'spaceship', 'spacecraft', 'starship', 'shuttle', 'launch', '火箭', '飞船'],
    place: 'space',
    frame: [-90, -118, 112, 176],
    draw: rocket,
  },
  {
    name: 'astronaut',
    words: ['astronaut', 'cosmonaut', 'spaceman', '宇航员'],
    place: 'space',
    frame: [-122, -122, 126, 146],
    draw: astronaut,
  },
]

function balloon(light: Light): string {
  const [red, deep, cream, gold, basket, rope] = inks(
    light,
    '#e4513b',
    '#b23434',
    '#fff1d6',
    '#f4b23f',
    '#8a5a35',
    '#5b4034',
  )
  return [
    stroke('M-26 50L-14 86M26 50L14 86M0 54V86', rope, 2.2),
    shape('M0 -104C-62 -104 -92 -60 -86 -16C-80 22 -42 40 -26 56H26C42 40 80 22 86 -16C92 -60 62 -104 0 -104Z', red),
    shape('M0 -104C-44 -100 -62 -56 -58 -14C-54 24 -32 42 -18 56H0Z', cream),
    shape('M0 -104C-24 -98 -32 -54 -30 -12C-28 26 -16 44 -8 56H0Z', gold),
    shape('M0 -104C24 -98 32 -54 30 -12C28 26 16 44 8 56H0Z', gold),
    shape('M0 -104C44 -100 62 -56 58 -14C54 24 32 42 18 56H8C16 44 28 26 30 -12C32 -54 24 -98 0 -104Z', cream),
    shape('M30 -98C84 -84 100 -22 74 12C58 32 38 44 26 56H4C50 20 66 -44 30 -98Z', deep, 0.3),
    shape('M-40 -80C-60 -64 -68 -38 -66 -18', '#ffffff', 0.25),
    box([-26, 52, 52, 7], deep, 3),
    box([-16, 84, 32, 24], basket, 4),
    stroke('M-15 92h30M-15 100h30', rope, 1.8),
  ].join('')
}

function aeroplane(light: Light): string {
  const [body, shade, red, glass, metal, dark] = inks(
    light,
    '#fff6e6',
    '#d4c8bc',
    '#e2503c',
    '#7fc3da',
    '#b7b2b6',
    '#4a4450',
  )
  return `<g transform="rotate(-9)">${[
    shape('M-30 -4L-56 -56H-40L12 -4Z', shade),
    shape('M-100 -44C-96 -14 -78 14 -34 20H50C84 18 96 4 96 -6C94 -20 78 -26 52 -28C10 -30 -60 -24 -84 -46Z', body),
    shape('M-92 -14C-76 12 -60 20 -34 20H50C84 18 96 4 96 -6C60 10 -30 8 -92 -14Z', red),
    shape('M-104 -52H-84C-78 -38 -70 -30 -62 -24L-90 -22Z', red),
    shape('M30 -28C34 -46 54 -48 62 -28Z', glass),
    ...[-36, -16, 4].map((x) => dot(x, -12, 6, glass)),
    shape('M-26 4H34L6 58H-18Z', metal),
    shape('M-26 4H34L28 14H-26Z', shade),
    dot(98, -7, 6, dark),
    faint(dot(99, -7, 3.5, dark, 34), 0.45),
  ].join('')}</g>`
}

function bird(light: Light): string {
  const [body, wing, dark, belly, beak, ink] = inks(
    light,
    '#2f86b5',
    '#1f5f8f',
    '#173f69',
    '#fff3de',
    '#f2a03a',
    '#1b1f2b',
  )
  return [
    shape('M-8 -6C-40 -66 -84 -92 -118 -96C-112 -60 -84 -16 -30 14Z', dark),
    shape('M-66 34C-92 34 -116 46 -128 62C-104 66 -70 62 -46 46Z', wing),
    shape('M-70 40C-40 -10 20 -34 62 -30C92 -28 94 2 72 16C36 40 -30 60 -70 40Z', body),
    shape('M-46 42C-6 48 50 34 80 4C78 30 30 58 -46 42Z', belly),
    shape('M28 -10C18 -70 -10 -112 -44 -124C-58 -84 -50 -20 -14 22C6 20 24 10 28 -10Z', wing),
    stroke('M-38 -96C-32 -60 -22 -30 -8 4M-20 -90C-12 -60 -2 -34 8 -4', body, 4),
    shape('M84 -18L112 -8L84 0Z', beak),
    dot(68, -14, 5.5, ink),
    dot(66.5, -16, 1.8, '#ffffff'),
  ].join('')
}

function kite(light: Light): string {
  const [a, b, c, d, line, bow] = inks(light, '#e8553f', '#f6b640', '#2f9c95', '#f7efdf', '#5a4a4a', '#e8553f')
  return [
    stroke('M0 96C-30 130 30 150 -6 190C-30 216 -70 230 -96 270', line, 2.4),
    shape('M0 -100L-66 -18H0Z', a),
    shape('M0 -100L66 -18H0Z', b),
    shape('M-66 -18L0 96V-18Z', d),
    shape('M66 -18L0 96V-18Z', c),
    stroke('M0 -100V96M-66 -18H66', line, 2.4),
    ...[
      [4, 138],
      [-4, 186],
    ].map(([x = 0, y = 0]) => shape(`M${x} ${y}l-17 -9v18Zl17 -9v18Z`, bow)),
  ].join('')
}

function rocket(light: Light): string {
  const [body, shade, red, deep, glass, metal] = inks(
    light,
    '#f9f4ec',
    '#c9c2cc',
    '#e3503e',
    '#ab3340',
    '#79cbe0',
    '#6b6675',
  )
  return `<g transform="rotate(28)">${[
    shape('M-22 84C-34 120 -12 150 0 186C12 150 34 120 22 84Z', '#ff7a3c'),
    shape('M-13 84C-20 112 -6 130 0 152C6 130 20 112 13 84Z', '#ffe39a'),
    shape('M-36 26C-64 42 -72 70 -66 100L-28 74Z', deep),
    shape('M36 26C64 42 72 70 66 100L28 74Z', red),
    shape('M0 -124C-40 -86 -48 -20 -32 78H32C48 -20 40 -86 0 -124Z', body),
    shape('M8 -116C42 -80 46 -18 32 78H6C28 10 28 -70 8 -116Z', shade, 0.8),
    shape('M0 -124C-18 -107 -30 -86 -36 -62H36C30 -86 18 -107 0 -124Z', red),
    shape('M8 -116C22 -100 31 -82 36 -62H20C18 -82 14 -100 8 -116Z', deep),
    box([-26, 76, 52, 12], metal, 4),
    dot(0, -22, 21, metal),
    dot(0, -22, 15, glass),
    shape('M-10 -28A12 12 0 0 1 2 -35', '#ffffff', 0.8),
    dot(0, 30, 11, metal),
    dot(0, 30, 7, glass),
    shape('M-6 52H6V112H-6Z', deep),
  ].join('')}</g>`
}

function astronaut(light: Light): string {
  const [suit, shade, visor, gold, pack, red] = inks(
    light,
    '#f7f4f0',
    '#c6c1cf',
    '#27344f',
    '#f3b54a',
    '#98929f',
    '#e25343',
  )
  return `<g transform="rotate(-14)">${[
    box([-50, -36, 100, 80], pack, 16),
    stroke('M-36 -10C-66 0 -84 -22 -92 -48', suit, 27),
    stroke('M36 -8C62 14 74 34 94 34', shade, 27),
    stroke('M-16 54C-24 76 -22 96 -34 118', suit, 31),
    stroke('M18 54C30 76 44 88 46 114', shade, 31),
    box([-42, -34, 84, 98], suit, 26),
    shape('M14 -34C34 -34 42 -26 42 -8V38C42 54 32 64 16 64C30 30 28 -4 14 -34Z', shade, 0.7),
    box([-22, 2, 44, 26], pack, 5),
    dot(-10, 15, 4.5, red),
    dot(4, 15, 4.5, gold),
    stroke('M-42 46H42', red, 5),
    dot(0, -70, 50, suit),
    faint(dot(6, -66, 45, shade), 0.35),
    box([-37, -98, 76, 56], visor, 27),
    shape('M-27 -74C-27 -88 -17 -93 -5 -93C-15 -87 -19 -77 -19 -63C-24 -64 -27 -68 -27 -74Z', '#ffffff', 0.6),
    shape('M39 -70C39 -52 28 -43 12 -42C24 -50 32 -66 30 -88C36 -84 39 -78 39 -70Z', gold, 0.7),
    dot(-95, -54, 16, red),
    dot(98, 34, 16, red),
    box([-56, 112, 38, 20], red, 9),
    box([30, 108, 38, 20], red, 9),
  ].join('')}</g>`
}
