import { both, box, dot, faint, inks, shape, stroke } from './motif.ts'
import type { Dice } from '../dice.ts'
import type { Light } from '../scenery/colour.ts'
import type { Motif } from './motif.ts'

/** Things, vehicles and people. */
export const THINGS: readonly Motif[] = [
  {
    name: 'robot',
    words: ['robot', 'android', 'mecha', 'bot', 'gateway', 'machine', '机器人'],
    place: 'table',
    frame: [-94, -216, 96, 4],
    draw: robot,
  },
  {
    name: 'cup',
    words: ['cup', 'coffee', 'tea', 'mug', 'latte', 'cocoa', 'chocolate', '咖啡', '茶'],
    place: 'table',
    frame: [-100, -226, 106, 14],
    draw: cup,
  },
  {
    name: 'apple',
    words: ['apple', 'fruit', 'peach', 'orange fruit', 'pear', 'food', '苹果', '水果'],
    place: 'table',
    draw: apple,
  },
  { name: 'heart', words: ['heart', 'love', 'valentine', 'wedding', '心', '爱'], place: 'table', draw: heart },
  {
    name: 'car',
    words: ['car', 'van', 'truck', 'taxi', 'bus', 'vehicle', '汽车'],
    place: 'ground',
    frame: [-110, -142, 108, 8],
    draw: car,
  },
  {
    name: 'bicycle',
    words: ['bicycle', 'bike', 'cyclist', 'cycling', 'tricycle', '自行车'],
    place: 'ground',
    frame: [-110, -150, 112, 4],
    draw: bicycle,
  },
  {
    name: 'wanderer',
    words: [
      'girl',
      'boy',
      'man',
      'woman',
      'person',
      'child',
      'people',
      'hiker',
      'traveler',
      'traveller',
      'wizard',
      'portrait',
      'samurai',
      '女孩',
      '男孩',
      '人',
    ],
    place: 'ground',
    frame: [-54, -196, 94, 2],
    draw: wanderer,
  },
]

function robot(light: Light): string {
  const [shell, shade, dark, eye, accent, metal] = inks(
    light,
    '#e9edf0',
    '#a9b6c4',
    '#2c3850',
    '#6ff0e0',
    '#f2704a',
    '#77849a',
  )
  return [
    stroke('M0 -178V-202', metal, 5),
    dot(0, -206, 8, accent),
    box([-30, -24, 22, 24], metal, 4),
    box([8, -24, 22, 24], metal, 4),
    box([-38, -10, 34, 12], dark, 6),
    box([4, -10, 34, 12], dark, 6),
    stroke('M-52 -78C-78 -70 -82 -44 -76 -30', metal, 13),
    stroke('M52 -82C82 -92 84 -116 80 -132', metal, 13),
    dot(-76, -26, 13, accent),
    dot(80, -138, 13, accent),
    box([-50, -102, 100, 84], shell, 22),
    shape('M18 -102H28C42 -102 50 -94 50 -80V-40C50 -26 42 -18 28 -18H8C34 -40 38 -76 18 -102Z', shade, 0.7),
    box([-26, -82, 52, 34], dark, 8),
    stroke('M-18 -62h8l5 -12 8 22 6 -14 4 4h6', eye, 3.2),
    dot(-17, -34, 4.5, accent),
    dot(0, -34, 4.5, light('#f6c04d')),
    dot(17, -34, 4.5, light('#58c48c')),
    box([-14, -112, 28, 14], metal, 4),
    both(box([-78, -158, 14, 32], accent, 6)),
    box([-66, -184, 132, 78], shell, 30),
    shape('M28 -184H36C54 -184 66 -172 66 -154V-136C66 -118 54 -106 36 -106H20C46 -126 50 -162 28 -184Z', shade, 0.7),
    box([-52, -170, 104, 50], dark, 22),
    both(dot(-24, -146, 11, eye, 13)),
    dot(-27, -150, 3.6, '#ffffff'),
    dot(21, -150, 3.6, '#ffffff'),
    stroke('M-9 -130Q0 -124 9 -130', eye, 3.4),
  ].join('')
}

function cup(light: Light, dice: Dice): string {
  const [body, shade] = inks(
    light,
    ...dice.pick<[string, string]>([
      ['#3d8b8b', '#27605f'],
      ['#e2694c', '#ab4338'],
      ['#f3ead9', '#cbb9a2'],
      ['#4d6fb0', '#334d80'],
    ]),
  )
  const [coffee, foam] = [light('#6a3d25'), light('#e6c49a')]
  return [
    steam(-26),
    steam(4),
    steam(34),
    dot(0, -4, 98, light('#d9cdbd'), 17),
    dot(0, -9, 98, light('#fff6e8'), 16),
    dot(0, -10, 60, light('#d9cdbd'), 9),
    stroke('M66 -92C116 -100 116 -38 56 -36', body, 15),
    stroke('M70 -88C104 -92 102 -46 60 -42', shade, 4),
    shape('M-74 -112C-72 -60 -62 -14 -34 -8H34C62 -14 72 -60 74 -112Z', body),
    shape('M22 -112H74C72 -60 62 -14 34 -8H8C36 -30 40 -76 22 -112Z', shade, 0.75),
    shape('M-62 -98C-60 -66 -52 -38 -44 -26C-48 -50 -50 -76 -50 -98Z', '#ffffff', 0.3),
    dot(0, -112, 74, body, 17),
    dot(0, -112, 66, coffee, 13),
    shape(
      'M-30 -112C-24 -120 -8 -118 0 -110C8 -118 24 -120 30 -112C26 -104 10 -102 0 -101C-10 -102 -26 -104 -30 -112Z',
      foam,
    ),
  ].join('')
}

function steam(x: number): string {
  return faint(
    stroke(
      `M${x} -132C${x - 18} -150 ${x + 18} -164 ${x} -184C${x - 14} -200 ${x + 8} -212 ${x + 2} -222`,
      '#ffffff',
      8,
    ),
    0.5,
  )
}

function apple(light: Light): string {
  const [red, deep, shine, leaf, stem] = inks(light, '#de3d38', '#a32337', '#ff8a72', '#5aa24a', '#6b4126')
  return [
    shape(
      'M0 -136C-34 -158 -92 -142 -90 -80C-88 -26 -52 4 -24 2C-12 1 -8 -3 0 -3C8 -3 12 1 24 2C52 4 88 -26 90 -80C92 -142 34 -158 0 -136Z',
      red,
    ),
    shape('M38 -147C70 -146 92 -122 90 -80C88 -26 52 4 24 2C14 1 10 -2 4 -3C60 -24 74 -100 38 -147Z', deep, 0.7),
    shape('M-64 -112C-76 -88 -70 -56 -58 -40C-58 -66 -54 -92 -44 -116C-52 -120 -60 -118 -64 -112Z', shine, 0.85),
    shape('M-24 -142Q0 -122 24 -142Q0 -128 -24 -142Z', deep),
    stroke('M0 -132C-2 -152 4 -168 14 -178', stem, 7),
    shape('M8 -158C20 -188 52 -196 76 -186C66 -160 38 -148 8 -158Z', leaf),
    stroke('M14 -160C34 -172 50 -178 68 -183', light('#3f7a3c'), 2.4),
  ].join('')
}

function heart(light: Light): string {
  const [red, deep, shine] = inks(light, '#ec4a63', '#b42a52', '#ff9aa0')
  return [
    shape('M0 -4C-72 -52 -102 -92 -98 -134C-92 -184 -28 -194 0 -148C28 -194 92 -184 98 -134C102 -92 72 -52 0 -4Z', red),
    shape('M58 -176C88 -166 100 -146 98 -126C94 -86 60 -46 0 -4C50 -60 84 -120 58 -176Z', deep, 0.6),
    shape('M-78 -128C-80 -150 -62 -166 -44 -164C-58 -156 -66 -142 -64 -118C-70 -118 -77 -120 -78 -128Z', shine, 0.85),
  ].join('')
}

function car(light: Light, dice: Dice): string {
  const [paint, deep] = inks(
    light,
    ...dice.pick<[string, string]>([
      ['#e8604a', '#b23d3d'],
      ['#3c9aa5', '#26697a'],
      ['#f0b33f', '#c07f2a'],
    ]),
  )
  const [glass, tyre, rim, chrome] = inks(light, '#bfe3ea', '#2b2830', '#d9d6d4', '#f3efe8')
  const wheel = (x: number): string => dot(x, -18, 25, tyre) + dot(x, -18, 13, rim) + dot(x, -18, 5, tyre)
  return [
    shape('M-58 -70C-50 -112 -34 -118 -10 -118H22C48 -118 58 -94 68 -70Z', deep),
    shape('M-46 -72C-40 -102 -32 -107 -12 -107H0V-72Z', glass),
    shape('M8 -107H20C38 -107 46 -92 54 -72H8Z', glass),
    shape('M-40 -76L-18 -106H-8L-30 -76Z', '#ffffff', 0.4),
    shape(
      'M-104 -24C-106 -58 -92 -70 -60 -74H64C92 -72 106 -60 106 -24C106 -18 102 -16 96 -16H-96C-102 -16 -104 -18 -104 -24Z',
      paint,
    ),
    shape('M-104 -36H106V-24C106 -18 102 -16 96 -16H-96C-102 -16 -104 -18 -104 -24Z', deep, 0.6),
    stroke('M4 -72V-26', deep, 2.4),
    stroke('M14 -58h12', chrome, 4),
    dot(98, -50, 8, '#fff1b8', 10),
    dot(-99, -50, 5, light('#d8362f'), 9),
    box([-108, -30, 20, 10], chrome, 4),
    box([90, -30, 20, 10], chrome, 4),
    wheel(-56),
    wheel(60),
    stroke('M-34 -124H34', light('#7b5138'), 5),
    box([-26, -140, 38, 15], light('#a8683f'), 3),
    box([14, -136, 16, 11], light('#2f7d77'), 3),
  ].join('')
}

function bicycle(light: Light): string {
  const [frame, tyre, spoke, leather, basket, bloom] = inks(
    light,
    '#d9503f',
    '#2d2a33',
    '#b9b3b0',
    '#7a4a30',
    '#c99559',
    '#f4b942',
  )
  const wheel = (x: number): string => {
    const spokes = Array.from(
      { length: 8 },
      (_, index) => `M${x} -44l${Math.cos((index * Math.PI) / 4) * 40} ${Math.sin((index * Math.PI) / 4) * 40}`,
    )
    return (
      stroke(spokes.join(''), spoke, 1.2) +
      stroke(`M${x - 42} -44a42 42 0 1 1 84 0a42 42 0 1 1 -84 0`, tyre, 5.5) +
      dot(x, -44, 5, tyre)
    )
  }
  return [
    wheel(-64),
    wheel(66),
    stroke('M-64 -44L-30 -104H40L-4 -44ZM-30 -104L-4 -44M-36 -116L-30 -104', frame, 6),
    stroke('M66 -44L36 -118', frame, 6),
    stroke('M36 -118L32 -130C40 -136 54 -134 58 -124', tyre, 5),
    box([-52, -122, 36, 9], leather, 5),
    dot(-4, -44, 11, tyre),
    stroke('M-4 -44l10 18M2 -26h12', tyre, 4.5),
    box([44, -128, 40, 30], basket, 5),
    stroke('M44 -118h40M44 -108h40', leather, 1.8),
    ...[
      [52, -134],
      [64, -140],
      [76, -133],
    ].map(([x = 0, y = 0]) => dot(x, y, 9, bloom) + dot(x, y, 3.5, leather)),
  ].join('')
}

function wanderer(light: Light, dice: Dice): string {
  const [coat, coatShade] = inks(
    light,
    ...dice.pick<[string, string]>([
      ['#e2b33c', '#b57f2b'],
      ['#c8473a', '#8f2d33'],
      ['#3e7f88', '#28566a'],
    ]),
  )
  const [hair, scarf, boots, skin, bag] = inks(light, '#4a2b24', '#f2efe6', '#3a2c33', '#e9b48f', '#7d5238')
  return [
    box([-21, -42, 17, 42], boots, 5),
    box([5, -42, 17, 42], boots, 5),
    shape('M-26 -136C-44 -104 -50 -62 -50 -30C-18 -22 20 -22 50 -30C50 -62 44 -104 26 -136Z', coat),
    shape('M8 -138H26C44 -104 50 -62 50 -30C38 -27 26 -25 14 -24C26 -60 22 -104 8 -138Z', coatShade, 0.8),
    stroke('M-30 -118C-42 -96 -48 -78 -46 -64', coatShade, 13),
    stroke('M30 -118C42 -96 48 -78 46 -64', coatShade, 13),
    box([-24, -120, 48, 54], bag, 11),
    box([-17, -94, 34, 22], light('#98683f'), 5),
    stroke('M-24 -104H24', light('#5a3a2a'), 3.5),
    dot(-28, -160, 6, skin),
    dot(28, -160, 6, skin),
    shape('M-28 -156C-34 -200 34 -200 28 -156C30 -140 18 -132 0 -132C-18 -132 -30 -140 -28 -156Z', hair),
    shape('M-20 -176C-12 -190 6 -192 16 -184C4 -184 -10 -180 -20 -176Z', '#ffffff', 0.16),
    box([-29, -144, 58, 16], scarf, 8),
    shape('M20 -140C50 -150 70 -136 92 -146C84 -128 60 -122 24 -130Z', scarf),
  ].join('')
}
